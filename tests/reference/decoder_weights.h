#pragma once

#include <vector>

#include "engine/decoder/tensor_plan.h"

namespace reference {

// Names and shapes are those of engine::decoder::LayerSources; every value is float32, matrices are
// row-major, what an architecture does not have is empty.
struct LayerWeights {
    std::vector<float> qProj, kProj, vProj, oProj;
    std::vector<float> gateProj, upProj, downProj;
    std::vector<float> qNorm, kNorm;
    std::vector<float> inputNorm, postAttentionNorm, preFeedforwardNorm, postFeedforwardNorm;
    // Gemma 3n
    std::vector<float> laurelLeft, laurelRight, postLaurelNorm;
    std::vector<float> altupRouter, altupRouterNorm;
    std::vector<float> altupPredictionCoefs, altupCorrectionCoefs, altupCorrectScale;
    std::vector<float> perLayerInputGate, perLayerProjection, postPerLayerInputNorm;
};

struct DecoderWeights {
    std::vector<float> embedTokens, finalNorm;
    std::vector<LayerWeights> layers;
    // Gemma 3n
    std::vector<float> embedTokensPerLayer, perLayerModelProjection, perLayerProjectionNorm;
    std::vector<std::vector<float>> altupProjections, altupUnembedProjections;
};

// Decodes every tensor of a model, so only for models that fit in memory as float32.
DecoderWeights readWeights(const engine::decoder::DecoderSources& sources);

}  // namespace reference
