#include "engine/decoder/kv_cache.h"

#include <algorithm>
#include <string>

namespace engine::decoder {
namespace {

std::uint32_t slotsOf(const DecoderConfig& config, LayerKind kind, std::uint32_t capacity)
{
    return kind == LayerKind::Full ? capacity
                                   : std::min(capacity, config.slidingWindow + KvCache::kSlack);
}

}  // namespace

Result<KvCache> KvCache::create(gpu::Context& context, const DecoderConfig& config,
                                std::uint32_t capacity)
{
    KvCache cache;
    cache.m_window = config.slidingWindow;
    cache.m_ring = slotsOf(config, LayerKind::Sliding, capacity);
    const std::uint32_t width = config.kvHeads * config.headDim;
    for (std::uint32_t layer = 0; layer < config.kvLayers; ++layer) {
        const std::uint32_t slots = slotsOf(config, config.layers[layer].kind, capacity);
        const std::uint64_t bytes =
            std::uint64_t{slots} * gpu::paddedColumns(width) * sizeof(float);
        const std::uint64_t placed = gpu::Arena::placedBytes(context, bytes);
        if (placed > context.limits().maxStorageBufferRange)
            return Error{ErrorCode::OutOfMemory,
                         "A context of " + std::to_string(capacity) +
                             " tokens needs larger buffers than this device offers; choose a "
                             "smaller context."};
        ENGINE_TRY(auto arena, gpu::Arena::create(context, 2 * placed, gpu::MemoryUse::Device));
        cache.m_layers.push_back({arena->place(slots, width), arena->place(slots, width)});
        cache.m_bytes += arena->size();
        cache.m_arenas.push_back(std::move(arena));
    }
    return cache;
}

void KvCache::noteWritten(std::uint32_t end) noexcept
{
    m_highest = std::max(m_highest, end);
}

bool KvCache::holdsWindowOf(std::uint32_t position) const noexcept
{
    const std::uint32_t oldest = position >= m_window ? position - m_window + 1 : 0;
    return m_highest <= m_ring || oldest >= m_highest - m_ring;
}

std::uint64_t KvCache::bytesFor(const DecoderConfig& config, std::uint32_t capacity) noexcept
{
    std::uint64_t bytes = 0;
    for (std::uint32_t layer = 0; layer < config.kvLayers; ++layer)
        bytes += std::uint64_t{slotsOf(config, config.layers[layer].kind, capacity)} * 2 *
                 gpu::paddedColumns(config.kvHeads * config.headDim) * sizeof(float);
    return bytes;
}

}  // namespace engine::decoder
