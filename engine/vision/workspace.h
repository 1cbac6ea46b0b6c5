#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "engine/gpu/arena.h"
#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"

namespace engine::vision {

// A tensor whose place is taken for as long as someone holds it.
using Place = std::shared_ptr<const gpu::Tensor>;

// Places for activations in one arena, given out and taken back in the order in which the device
// will use them: what is not needed any more makes room for what comes. Run once without an arena
// it tells how large one must be. Outlives its places.
class Workspace {
public:
    Workspace(const gpu::Context& context, const gpu::Arena* arena);

    // [rows × columns]; its contents are what was there before.
    Place take(std::uint32_t rows, std::uint32_t columns);

    std::uint64_t peakBytes() const noexcept { return m_peak; }

    // Of one tensor: what must be bound at once.
    std::uint64_t largestBytes() const noexcept { return m_largest; }

private:
    const gpu::Context& m_context;
    const gpu::Arena* m_arena;
    std::map<std::uint64_t, std::uint64_t> m_taken;  // offset → bytes
    std::uint64_t m_peak = 0;
    std::uint64_t m_largest = 0;
};

}  // namespace engine::vision
