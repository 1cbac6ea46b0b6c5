#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reference {

// Rotary position embedding of x [T × heads × headDim]; row t stands at position
// firstPosition + t. Value i of a head is paired with i + headDim/2 and turned by
// (position / scale) · theta^(-2i / headDim).
std::vector<float> rope(std::span<const float> x, std::size_t heads, std::size_t headDim,
                        std::uint32_t firstPosition, double theta, double scale = 1.0);

}  // namespace reference
