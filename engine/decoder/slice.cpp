#include "engine/decoder/slice.h"

#include "engine/base/check.h"

namespace engine::decoder {

Slice Slice::whole(const DecoderConfig& config)
{
    Slice slice;
    for (const LayerConfig& layer : config.layers)
        slice.layers.push_back({true, layer.ffnWidth});
    return slice;
}

std::uint32_t Slice::lastKvLayer(const DecoderConfig& config) const noexcept
{
    std::uint32_t layer = config.kvLayers;
    while (layer > 0 && !layers[layer - 1].isActive)
        --layer;
    ENGINE_CHECK(layer > 0);
    return layer - 1;
}

std::vector<LayerRun> Slice::runsBelow(std::uint32_t end) const
{
    std::vector<LayerRun> runs;
    for (std::uint32_t i = 0; i < end; ++i) {
        if (!layers[i].isActive)
            continue;
        if (!runs.empty() && runs.back().first + runs.back().count == i)
            ++runs.back().count;
        else
            runs.push_back({i, 1});
    }
    return runs;
}

bool Slice::storesTheSameAs(const Slice& other, const DecoderConfig& config) const noexcept
{
    const std::uint32_t last = lastKvLayer(config);
    if (other.lastKvLayer(config) != last)
        return false;
    for (std::uint32_t i = 0; i < last; ++i) {
        const bool differs = layers[i].isActive != other.layers[i].isActive ||
                             (layers[i].isActive && layers[i].ffnWidth != other.layers[i].ffnWidth);
        if (differs)
            return false;
    }
    return true;
}

}  // namespace engine::decoder
