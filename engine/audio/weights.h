#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "engine/audio/config.h"
#include "engine/audio/sources.h"
#include "engine/file/tensor_table.h"
#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/weight_upload.h"
#include "engine/result.h"

namespace engine::audio {

struct FeedForwardWeights {
    gpu::Tensor preNorm, postNorm;
    kernels::Matrix up, down;
};

// One block on the device; names as in BlockSources.
struct BlockWeights {
    FeedForwardWeights start, end;
    gpu::Tensor preAttentionNorm, postAttentionNorm;
    kernels::Matrix qkv;     // queries, keys and values, one after the other
    gpu::Tensor queryScale;  // [headDim]
    gpu::Tensor positions;   // [window · hidden]: what a key gets by its distance
    kernels::Matrix post;
    gpu::Tensor preConvNorm, convNorm, depthwise;
    kernels::Matrix convStart, convEnd;
    gpu::Tensor finalNorm;
};

struct AudioWeights {
    std::array<gpu::Tensor, 2> frontConv, frontNorm;
    kernels::Matrix inputProjection;
    std::vector<BlockWeights> blocks;
    gpu::Tensor softNorm, hardNorm;
    kernels::Matrix projection;
    gpu::Tensor ones;        // [text hidden], for the norm that has no weight
    gpu::Tensor endOfAudio;  // [hidden], before the embedder
    gpu::Tensor padding;     // the same
    kernels::WeightArenas held;
};

// Brings the encoder to the device. Fails as WeightUpload::run() does, and with UnsupportedModel
// where the device cannot bind a matrix at once.
Result<AudioWeights> uploadWeights(gpu::Context& context, const AudioConfig& config,
                                   const AudioSources& sources, const file::TensorTable& files,
                                   const kernels::UploadProgress& progress,
                                   const std::stop_token& stop);

}  // namespace engine::audio
