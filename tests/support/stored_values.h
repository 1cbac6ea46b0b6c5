#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/file/tensor_type.h"

namespace tests {

// Values as a file would store them, in F32, F16, BF16 or Q8_0.
std::vector<std::byte> storedValues(engine::file::TensorType type, std::span<const float> values);

}  // namespace tests
