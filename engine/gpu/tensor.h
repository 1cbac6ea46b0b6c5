#pragma once

#include <cstddef>
#include <cstdint>

namespace engine::gpu {

class Arena;

// Row widths of activations are rounded up to this many elements, so that shaders may read 32 bytes
// of halves or floats at a time. What lies in the padding is zero, or an older finite value that is
// multiplied by a zero.
constexpr std::uint32_t kColumnPadding = 8;

constexpr std::uint32_t paddedColumns(std::uint32_t columns) noexcept
{
    return (columns + kColumnPadding - 1) / kColumnPadding * kColumnPadding;
}

// Bytes that shaders read at a time where they can: bindings and rows of weights are whole units.
constexpr std::uint64_t kUnitBytes = 16;

// Where float32 rows lie in an arena: a value, never an owner. `firstElement` is added in the
// shader, not in the descriptor, so that any row may be named whatever the device's alignment.
struct Tensor {
    const Arena* arena = nullptr;
    std::uint64_t offset = 0;  // of the binding, in bytes; aligned as the device needs
    std::uint64_t bytes = 0;   // of the binding
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t stride = 0;  // elements from row to row
    std::uint32_t firstElement = 0;

    // The rows from `first` on.
    Tensor rowsFrom(std::uint32_t first, std::uint32_t count) const noexcept
    {
        Tensor view = *this;
        view.firstElement += first * stride;
        view.rows = count;
        return view;
    }

    // The same rows, fewer columns.
    Tensor firstColumns(std::uint32_t count) const noexcept
    {
        Tensor view = *this;
        view.columns = count;
        return view;
    }
};

}  // namespace engine::gpu
