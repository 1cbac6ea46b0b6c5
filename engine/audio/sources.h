#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/audio/config.h"
#include "engine/file/model_files.h"
#include "engine/file/tensor_source.h"
#include "engine/result.h"

namespace engine::audio {

using file::MatrixSource;
using file::VectorSource;

struct FeedForwardSources {
    VectorSource preNorm, postNorm;
    MatrixSource up, down;
};

// Names as in spec 03 §7.
struct BlockSources {
    FeedForwardSources start, end;
    VectorSource preAttentionNorm, postAttentionNorm;
    MatrixSource query, key, value, post;
    VectorSource perDimScale;  // [headDim]
    MatrixSource positions;    // [hidden × hidden]; not needed on the device
    VectorSource preConvNorm, convNorm;
    MatrixSource convStart, convEnd;  // [2 · hidden × hidden], [hidden × hidden]
    VectorSource depthwise;           // [hidden × taps]
    VectorSource finalNorm;
};

struct AudioSources {
    std::array<VectorSource, 2> frontConv, frontNorm;
    MatrixSource inputProjection;
    std::vector<BlockSources> blocks;
    VectorSource softNorm, hardNorm;
    MatrixSource embedding;   // [vocabulary × hidden]; not needed on the device
    MatrixSource projection;  // [text hidden × hidden]

    std::uint64_t parameters() const;
};

// Finds every tensor of the encoder and checks its shape and type, before a byte is uploaded. Fails
// with InvalidFile: the first missing or misshapen tensor in one sentence.
Result<AudioSources> findTensors(const AudioConfig& config, const file::ModelFiles& files);

}  // namespace engine::audio
