#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/result.h"
#include "tests/support/seeded_folder.h"

namespace tests {

// One set of tests/data/golden/vision: an encoder whose weights follow from their names, pictures,
// and what the published implementation answers.
struct GoldenPictures {
    struct Case {
        engine::Image picture;
        engine::Image resized;  // to size × size
        std::uint32_t size = 0;
        std::uint32_t softTokensEvery = 1;
        std::vector<float> features;                       // every 7th row
        std::vector<float> softTokens;                     // every softTokensEvery-th row
        std::map<std::string, std::vector<float>> blocks;  // "block.S.B": 48 values of each
    };

    std::uint32_t width = 0;   // of the encoder
    std::uint32_t hidden = 0;  // of the text model
    std::uint32_t softTokens = 0;
    std::vector<Case> cases;
    std::vector<float> endOfImage;
};

engine::Result<GoldenPictures> readGoldenPictures(const std::filesystem::path& folder);

// The encoder of the set as it is written: tensors may be changed before.
struct GoldenEncoder {
    std::string name;  // of the set
    std::string configJson;
    std::vector<SeededTensor> tensors;
};

GoldenEncoder readGoldenEncoder(const std::filesystem::path& folder);

// Loads the encoder of the set from a folder that holds nothing else.
engine::Result<std::shared_ptr<const engine::VisionEncoder>>
loadGoldenEncoder(std::shared_ptr<engine::Device> device, const std::filesystem::path& folder);

}  // namespace tests
