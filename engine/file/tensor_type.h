#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace engine::file {

// Element types of stored tensors; names and layouts are ggml's (spec 01 §4.5).
// NOLINTBEGIN(readability-identifier-naming)
enum class TensorType : std::uint8_t {
    F32,
    F16,
    BF16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
    IQ4_NL,
    IQ4_XS
};
// NOLINTEND(readability-identifier-naming)

struct TensorTypeInfo {
    std::string_view name;
    std::uint32_t blockElements;  // consecutive elements of a row that share a block
    std::uint32_t blockBytes;
};

const TensorTypeInfo& typeInfo(TensorType type) noexcept;

}  // namespace engine::file
