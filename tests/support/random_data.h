#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tests {

// The same values on every machine: uniform in [-scale, scale).
std::vector<float> randomVector(std::size_t size, std::uint32_t seed, float scale = 1.0F);

// Uniform in [0, bound).
std::vector<std::uint32_t> randomIds(std::size_t size, std::uint32_t seed, std::uint32_t bound);

}  // namespace tests
