#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/result.h"

namespace engine::gpu {

// Fills tensors of a device arena from host memory, a piece at a time: straight into the arena
// where it is mapped, and else through a ring of staging pieces, of which one is filled while the
// device copies the others.
//
// Destroying it waits for what is under way, so that nothing is when an upload fails or is stopped.
class Uploader {
public:
    // Bytes that are written at a time: what a load is cancelled within.
    static constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20;
    static constexpr std::size_t kPieces = 6;

    // A test or a measurement may want the ring though the memory is mapped.
    enum class Way { Shortest, Staged };

    static Result<std::unique_ptr<Uploader>> create(Context& context, Way way = Way::Shortest);

    // Writes 1 to kPieceBytes `bytes` at `offset` of the tensor: `fill` puts them in the span it
    // gets, before write() returns. The device may have them only after finish(). Fails with
    // OutOfMemory or DeviceLost.
    using Fill = std::function<void(std::span<std::byte>)>;
    Result<void> write(const Tensor& target, std::uint64_t offset, std::uint64_t bytes,
                       const Fill& fill);

    // Waits until all that was written is on the device. Fails with DeviceLost.
    Result<void> finish();

private:
    Uploader(Context& context, Way way) : m_context(context), m_way(way) {}

    Result<void> makeRing();

    Context& m_context;
    Way m_way;
    std::unique_ptr<Arena> m_staging;  // outlives the copies from it
    std::array<std::unique_ptr<CommandBuffer>, kPieces> m_copies;
    std::size_t m_next = 0;  // the piece that was copied from the longest ago
};

}  // namespace engine::gpu
