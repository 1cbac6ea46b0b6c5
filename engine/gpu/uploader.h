#pragma once

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
// where it is mapped, through a staging buffer where it is not.
class Uploader {
public:
    // Bytes that are written at a time: what a load is cancelled within.
    static constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20;

    static Result<std::unique_ptr<Uploader>> create(Context& context);

    // Writes `bytes` ≤ kPieceBytes at `offset` of the tensor: `fill` puts them in the span it gets.
    using Fill = std::function<void(std::span<std::byte>)>;
    Result<void> write(const Tensor& target, std::uint64_t offset, std::uint64_t bytes,
                       const Fill& fill);

private:
    explicit Uploader(Context& context) : m_context(context) {}

    Context& m_context;
    std::unique_ptr<Arena> m_staging;
    std::unique_ptr<CommandBuffer> m_commands;
};

}  // namespace engine::gpu
