#include "engine/vision/workspace.h"

#include <algorithm>

namespace engine::vision {

Workspace::Workspace(const gpu::Context& context, const gpu::Arena* arena)
    : m_context(context)
    , m_arena(arena)
{
}

// The first gap that is large enough.
Place Workspace::take(std::uint32_t rows, std::uint32_t columns)
{
    gpu::Tensor tensor;
    tensor.arena = m_arena;
    tensor.rows = rows;
    tensor.columns = columns;
    tensor.stride = gpu::paddedColumns(columns);
    tensor.bytes = std::uint64_t{rows} * tensor.stride * sizeof(float);

    const std::uint64_t placed = gpu::Arena::placedBytes(m_context, tensor.bytes);
    for (const auto& [offset, bytes] : m_taken) {
        if (offset >= tensor.offset + placed)
            break;
        tensor.offset = offset + bytes;
    }
    m_taken.emplace(tensor.offset, placed);
    m_peak = std::max(m_peak, tensor.offset + placed);
    m_largest = std::max(m_largest, tensor.bytes);
    return {new gpu::Tensor(tensor), [this](const gpu::Tensor* place) {
                m_taken.erase(place->offset);
                delete place;
            }};
}

}  // namespace engine::vision
