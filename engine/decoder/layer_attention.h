#pragma once

#include "engine/decoder/config.h"
#include "engine/decoder/kv_cache.h"
#include "engine/decoder/weights.h"
#include "engine/kernels/attention.h"

namespace engine::decoder {

// What the attention of a layer is made of.
struct LayerAttention {
    kernels::AttentionShape shape;
    kernels::RopeShape rope;
    kernels::HeadNorms norms;
    const kernels::KvTensors* cache = nullptr;  // its own, or that of a lower layer
    bool ownsCache = false;
};

LayerAttention attentionOf(const DecoderConfig& config, const Weights& weights,
                           const KvCache& cache, std::uint32_t index);

}  // namespace engine::decoder
