#include "engine/decoder/kv_cache.h"

#include <algorithm>
#include <string>

#include "engine/file/tensor_type.h"

namespace engine::decoder {
namespace {

std::uint32_t slotsOf(const DecoderConfig& config, LayerKind kind, std::uint32_t capacity)
{
    return kind == LayerKind::Full ? capacity
                                   : std::min(capacity, config.slidingWindow + KvCache::kSlack);
}

file::TensorType typeOf(const DecoderConfig& config, CachePrecision precision)
{
    constexpr std::uint32_t kHalvesInUnit = 8;
    return precision == CachePrecision::Half && config.headDim % kHalvesInUnit == 0
               ? file::TensorType::F16
               : file::TensorType::F32;
}

// From slot to slot.
std::uint64_t slotBytes(const DecoderConfig& config, file::TensorType type)
{
    return std::uint64_t{gpu::paddedColumns(config.kvHeads * config.headDim)} *
           file::typeInfo(type).blockBytes;
}

gpu::Tensor place(gpu::Arena& arena, std::uint32_t slots, std::uint32_t width,
                  std::uint64_t bytesOfSlot)
{
    gpu::Tensor tensor = arena.placeBytes(slots * bytesOfSlot);
    tensor.rows = slots;
    tensor.columns = width;
    tensor.stride = gpu::paddedColumns(width);
    return tensor;
}

}  // namespace

Result<KvCache> KvCache::create(gpu::Context& context, const DecoderConfig& config,
                                std::uint32_t capacity, CachePrecision precision)
{
    KvCache cache;
    const file::TensorType type = typeOf(config, precision);
    cache.m_window = config.slidingWindow;
    cache.m_ring = slotsOf(config, LayerKind::Sliding, capacity);
    const std::uint32_t width = config.kvHeads * config.headDim;
    for (std::uint32_t layer = 0; layer < config.kvLayers; ++layer) {
        const std::uint32_t slots = slotsOf(config, config.layers[layer].kind, capacity);
        const std::uint64_t bytes = slotBytes(config, type);
        const std::uint64_t placed = gpu::Arena::placedBytes(context, slots * bytes);
        if (placed > context.limits().maxStorageBufferRange)
            return Error{ErrorCode::OutOfMemory,
                         "A context of " + std::to_string(capacity) +
                             " tokens needs larger buffers than this device offers; choose a "
                             "smaller context."};
        ENGINE_TRY(auto arena, gpu::Arena::create(context, 2 * placed, gpu::MemoryUse::Device));
        // Keys first.
        const gpu::Tensor keys = place(*arena, slots, width, bytes);
        cache.m_layers.push_back({keys, place(*arena, slots, width, bytes), type});
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

std::uint64_t KvCache::bytesFor(const DecoderConfig& config, std::uint32_t capacity,
                                CachePrecision precision) noexcept
{
    const std::uint64_t bytes = slotBytes(config, typeOf(config, precision));
    std::uint64_t slots = 0;
    for (std::uint32_t layer = 0; layer < config.kvLayers; ++layer)
        slots += slotsOf(config, config.layers[layer].kind, capacity);
    return slots * 2 * bytes;
}

}  // namespace engine::decoder
