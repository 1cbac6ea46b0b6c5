#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tests {

std::uint64_t fnv1a64(std::string_view text);

// The weights that belong to a name (tests/data/golden/README.md), the same in every language:
// offset + scale · u with u in [-1, 1) from a hash of "set/name" and the place of the element.
std::vector<float> seededWeights(std::string_view set, std::string_view name, std::size_t size,
                                 float scale, float offset);

// To nearest even. Finite values only.
std::uint16_t toBf16(float value);

}  // namespace tests
