#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/media_tokens.h"
#include "engine/file/model_files.h"
#include "engine/result.h"

namespace engine::decoder {

enum class Architecture { Gemma3n, Gemma3 };

enum class LayerKind { Sliding, Full };

struct LayerConfig {
    LayerKind kind = LayerKind::Sliding;
    std::uint32_t ffnWidth = 0;
    // Multiplier of the standard deviation in the gaussian top-k, Φ⁻¹(sparsity); 0 where dense.
    float sparsityMultiplier = 0.0F;
    // Index of the layer whose keys and values this one attends to: its own index, or a lower one.
    std::uint32_t kvLayer = 0;
};

// Whether so few neurons survive the gate that it pays to take them one by one: of gates that are
// normally distributed, one in six at most.
constexpr bool cutsMost(const LayerConfig& layer) noexcept
{
    return layer.sparsityMultiplier >= 1.0F;
}

// The numbers of a text model, read from a file and validated: every field is in range, products of
// sizes fit in 31 bits, and each kvLayer owns a cache and is of the same kind. Names are those of
// the published configuration (spec 01 §1, §5).
struct DecoderConfig {
    Architecture architecture = Architecture::Gemma3n;
    std::vector<LayerConfig> layers;
    std::uint32_t kvLayers = 0;  // layers [0, kvLayers) own keys and values

    std::uint32_t hiddenSize = 0;
    std::uint32_t heads = 0;
    std::uint32_t kvHeads = 0;
    std::uint32_t headDim = 0;
    std::uint32_t vocabularySize = 0;      // rows of the embedding table
    std::uint32_t textVocabularySize = 0;  // ids that may be sampled; rows of the PLE table (3n)
    std::uint32_t slidingWindow = 0;
    std::uint32_t contextLength = 0;
    float rmsNormEpsilon = 1e-6F;
    float ropeThetaFull = 1e6F;
    float ropeThetaSliding = 1e4F;
    float ropeScaleFull = 1.0F;  // positions of full layers are divided by it (linear scaling)
    float attentionScale = 1.0F;
    float finalLogitSoftcap = 0.0F;  // 0: none

    // Gemma 3n only; zero otherwise.
    std::uint32_t altupInputs = 0;
    std::uint32_t altupActiveIndex = 0;
    float altupCoefClip = 0.0F;  // 0: none
    std::uint32_t laurelRank = 0;
    std::uint32_t perLayerInputSize = 0;

    std::vector<std::uint32_t> endTokens;  // generation stops on each
    std::uint32_t bosToken = 2;
    std::uint32_t padToken = 0;
    MediaMarkers media;  // Gemma 3n only
};

// Reads and validates the text model's configuration. Fails with UnsupportedModel for another
// architecture and InvalidFile for numbers that cannot be; the message names the key.
Result<DecoderConfig> readDecoderConfig(const file::ModelFiles& files);

}  // namespace engine::decoder
