#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/file/tensor_type.h"

namespace engine::kernels {

// What columnLayout() keeps of a type whose weights are blocks. Types that differ in nothing else
// are of one form.
struct ColumnForm {
    // What is said of a row's 32 weights together.
    enum class Scales : std::uint8_t {
        Half,       // a scale as stored, 2 bytes
        AndOffset,  // a scale and an offset, 4 + 4
        Two,        // a scale for the first sixteen and one for the others, 4 + 4
    };
    Scales scales = Scales::Half;
    std::uint32_t quantBits = 0;  // 4, unsigned, or 8, signed
};

// Nothing for types whose weights are numbers, or are not read as stored.
std::optional<ColumnForm> columnForm(file::TensorType type) noexcept;

// Weights [32 · index, 32 · index + 32) of a stored row: weight = scale · quant + offset, but for
// Q4_0, where quants are 8 more than they stand for.
struct ColumnQuants {
    std::array<std::uint8_t, 32> quants{};  // as they go into 4 or 8 bits
    std::array<std::byte, 2> half{};        // the scale as stored, where the form has that
    std::array<float, 2> scales{};          // else of sixteen each
    float offset = 0.0F;
};
ColumnQuants columnQuants(file::TensorType type, const std::byte* row, std::uint32_t index);

}  // namespace engine::kernels
