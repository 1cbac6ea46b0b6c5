#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/result.h"
#include "tests/support/seeded_folder.h"

namespace tests {

// One set of tests/data/golden/audio: a sound encoder whose weights follow from their names, and
// what the published implementation makes of some clips.
struct GoldenAudio {
    struct Case {
        std::string clip;  // the file's name
        std::vector<float> samples;
        std::vector<float> mel;         // [frames × mel bins]
        std::vector<float> softTokens;  // [rows × text hidden]
        std::size_t rows = 0;
        std::size_t blockEvery = 0;
        // The first 16 columns of every blockEvery-th row of the front, then of each block.
        std::vector<std::vector<float>> blocks;
    };

    std::string name;  // "audio/small"
    bool isBf16 = false;
    std::string configJson;
    std::vector<SeededTensor> tensors;
    std::size_t softTokensPerClip = 0;
    std::size_t layers = 0;
    std::size_t hidden = 0;
    std::size_t textHidden = 0;
    std::vector<Case> cases;
    std::vector<float> endOfAudio;
    std::vector<float> padding;

    static constexpr std::size_t kBlockColumns = 16;
};

// Reads config.json, expected.safetensors and the clips in `folder`.
engine::Result<GoldenAudio> readGoldenAudio(const std::filesystem::path& folder);

// Writes the encoder of the set as a folder that holds nothing else, creating it.
engine::Result<void> writeEncoderFolder(const GoldenAudio& set,
                                        const std::filesystem::path& folder);

// Loads it from such a folder, which is gone afterwards.
engine::Result<std::shared_ptr<const engine::AudioEncoder>>
loadGoldenAudio(std::shared_ptr<engine::Device> device, const GoldenAudio& set);

}  // namespace tests
