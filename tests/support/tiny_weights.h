#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/file/tensor_type.h"

namespace tests {

// How a tensor's values are spread.
struct Spread {
    float offset = 0.0F;
    float scale = 1.0F;  // uniform in offset ± scale
};

// `count` values of tensor `name`, multiples of 1/256 where the spread is around 1 (norms), so that
// w - 1 + 1 is w.
std::vector<float> randomValues(const std::string& name, std::uint64_t seed, std::size_t count,
                                const Spread& spread);

// `count` elements of `type`: float types from randomValues(), block types as random blocks of
// about the same spread, every bit pattern of quants and inner scales allowed.
std::vector<std::byte> randomTensor(const std::string& name, std::uint64_t seed,
                                    engine::file::TensorType type, std::size_t count,
                                    const Spread& spread);

}  // namespace tests
