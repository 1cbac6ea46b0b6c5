#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/file/model_files.h"
#include "engine/result.h"

namespace engine::decoder {

// A number and where it was found, for messages.
struct DeclaredInteger {
    std::int64_t value = 0;
    std::string key;
};

struct DeclaredReal {
    double value = 0.0;
    std::string key;
};

// Ids that stand for pictures or sounds; negative where the file has none.
struct DeclaredMedia {
    DeclaredInteger start{-1, {}}, soft{-1, {}}, end{-1, {}};
    bool isCertain = false;  // the file says so; otherwise they are what was published
};

// A configuration as a file declares it, defaults filled in, not yet validated: what the readers of
// the two formats agree on. Lists have one entry a layer, unless the file is wrong.
struct DeclaredConfig {
    Architecture architecture = Architecture::Gemma3n;
    std::string source;  // the file that says so

    DeclaredInteger layers, sharedKvLayers;
    DeclaredInteger hiddenSize, heads, kvHeads, headDim;
    DeclaredInteger vocabularySize, textVocabularySize, slidingWindow, contextLength;
    DeclaredInteger bosToken, padToken;
    DeclaredReal rmsNormEpsilon, ropeThetaFull, ropeThetaSliding, ropeScaleFull, attentionScale;
    DeclaredReal finalLogitSoftcap;  // 0: none

    DeclaredInteger altupInputs, altupActiveIndex, laurelRank, perLayerInputSize;
    DeclaredReal altupCoefClip;  // 0: none

    std::string ffnWidthsKey, slidingKey, sparsityKey;
    std::vector<std::int64_t> ffnWidths;
    std::vector<bool> isSliding;
    std::vector<double> sparsityMultipliers;  // 0: dense

    std::vector<std::int64_t> endTokens;
    DeclaredMedia image, sound;
};

// The published numbers (spec 01 §1.1, §5.1) that files may leave out.
inline constexpr std::int64_t kMaxLayers = 1024;
inline constexpr std::int64_t kSparseLayers = 10;                  // Gemma 3n: the first ten
inline constexpr double kSparsityMultiplier = 1.6448536269514722;  // Φ⁻¹(0.95)
inline constexpr std::int64_t kVisionVocabulary = 128;             // ids before those of sound
inline constexpr std::int64_t kPeriodGemma3n = 5;                  // every fifth layer is full
inline constexpr std::int64_t kPeriodGemma3 = 6;

// One full layer at the end of each `period`; no full layers if it is 0.
std::vector<bool> slidingByPeriod(std::int64_t layers, std::int64_t period);

Result<DeclaredConfig> readGgufConfig(const file::ModelFiles& files);
Result<DeclaredConfig> readHuggingFaceConfig(const file::ModelFiles& files);

}  // namespace engine::decoder
