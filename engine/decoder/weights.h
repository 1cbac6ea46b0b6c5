#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/decoder/tensor_plan.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/matformer.h"
#include "engine/kernels/weight_upload.h"
#include "engine/result.h"

namespace engine::decoder {

// One layer's weights on the device; names as in LayerSources. What the architecture lacks is
// empty.
struct LayerWeights {
    kernels::Matrix qProj, kProj, vProj, oProj;
    kernels::Matrix gateProj, upProj, downProj;
    kernels::ColumnMatrix downColumns;  // of sparse layers, besides downProj
    gpu::Tensor qNorm, kNorm;
    gpu::Tensor inputNorm, postAttentionNorm, preFeedforwardNorm, postFeedforwardNorm;
    kernels::Matrix laurelLeft, laurelRight;
    gpu::Tensor postLaurelNorm;
    kernels::AltupRouter altupRouter;
    gpu::Tensor altupPredictionCoefs, altupCorrectionCoefs, altupCorrectScale;
    kernels::Matrix perLayerInputGate, perLayerProjection;
    gpu::Tensor postPerLayerInputNorm;
};

// Everything of the text model that the device holds: all but the per-layer embedding table.
struct Weights {
    kernels::Matrix embedTokens;
    gpu::Tensor finalNorm;
    std::vector<LayerWeights> layers;
    kernels::Matrix perLayerModelProjection;
    gpu::Tensor perLayerProjectionNorm;
    std::vector<kernels::Matrix> altupProjections;
    std::vector<kernels::Matrix> altupUnembedProjections;

    kernels::WeightArenas held;
};

// Places every tensor, allocates, and copies; blocks that shaders do not read are repacked to Q8_0,
// and pages of the files are given back behind the copy. Fails with OutOfMemory, with Cancelled, or
// with InvalidFile where a vector holds a value that is no number.
Result<Weights> uploadWeights(gpu::Context& context, const DecoderSources& sources,
                              const file::TensorTable& files,
                              const kernels::UploadProgress& progress, const std::stop_token& stop);

// Bytes that the device will hold for these weights, as uploadWeights() would lay them out.
std::uint64_t deviceBytes(const DecoderSources& sources);

}  // namespace engine::decoder
