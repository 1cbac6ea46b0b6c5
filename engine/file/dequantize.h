#pragma once

#include <cstddef>
#include <span>

#include "engine/file/tensor_type.h"

namespace engine::file {

// Decodes whole blocks to float32 (spec 01 §4.5). `values` holds as many elements as `blocks` has.
void dequantize(TensorType type, std::span<const std::byte> blocks, std::span<float> values);

// Encodes float32 as Q8_0 (d = max|x| / 127, q = round(x / d)). `values` is a multiple of 32. A
// block with a value that is not finite gets a NaN for its scale.
// NOLINTNEXTLINE(readability-identifier-naming)
void quantizeQ8_0(std::span<const float> values, std::span<std::byte> blocks);

}  // namespace engine::file
