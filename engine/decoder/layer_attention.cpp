#include "engine/decoder/layer_attention.h"

namespace engine::decoder {

LayerAttention attentionOf(const DecoderConfig& config, const Weights& weights,
                           const KvCache& cache, std::uint32_t index)
{
    const LayerConfig& layer = config.layers[index];
    const LayerWeights& w = weights.layers[index];
    const bool isFull = layer.kind == LayerKind::Full;
    return {
        .shape = {config.heads, config.kvHeads, config.headDim, isFull ? 0 : config.slidingWindow,
                  config.attentionScale},
        .rope = {isFull ? config.ropeThetaFull : config.ropeThetaSliding,
                 isFull ? 1.0F / config.ropeScaleFull : 1.0F},
        .norms = {w.qNorm, w.kNorm, config.rmsNormEpsilon,
                  config.architecture == Architecture::Gemma3n},
        .cache = &cache.layer(layer.kvLayer),
        .ownsCache = layer.kvLayer == index,
    };
}

}  // namespace engine::decoder
