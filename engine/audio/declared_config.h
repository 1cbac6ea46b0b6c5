#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/file/model_files.h"
#include "engine/result.h"

namespace engine::audio {

// What a file says of a sound encoder before anyone asked whether it can be. What it leaves out has
// the published value (spec 03).
struct DeclaredConfig {
    std::string source;  // the file, for messages
    std::int64_t melBins = 128;
    std::array<std::int64_t, 2> channels{128, 32};
    std::array<std::int64_t, 2> kernelFrames{3, 3};
    std::array<std::int64_t, 2> kernelFrequencies{3, 3};
    std::array<std::int64_t, 2> strideFrames{2, 2};
    std::array<std::int64_t, 2> strideFrequencies{2, 2};
    std::int64_t hiddenSize = 1536;
    std::int64_t layers = 12;
    std::int64_t heads = 8;
    std::int64_t convTaps = 5;
    std::int64_t contextLeft = 13;
    std::int64_t contextRight = 0;
    std::int64_t reduction = 4;
    std::int64_t softTokensPerClip = 188;
    double logitCap = 50.0;
    double residualWeight = 0.5;
    double clip = 1e10;
    double rmsNormEpsilon = 1e-6;
    double groupNormEpsilon = 1e-3;
    std::optional<std::int64_t> endOfAudioId;
    std::optional<std::int64_t> firstId;  // with an embedding in the encoder's table
};

Result<DeclaredConfig> readFolderConfig(const file::ModelFiles& files);
Result<DeclaredConfig> readGgufConfig(const file::ModelFiles& files);

// The extent of a tensor along an axis; 0 where there is none, or no number that counts.
std::int64_t extentOf(const file::ModelFiles& files, const std::string& name, std::size_t axis);

}  // namespace engine::audio
