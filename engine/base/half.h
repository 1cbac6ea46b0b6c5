#pragma once

#include <cstdint>

namespace engine {

// IEEE half precision and bfloat16, as bit patterns. Conversions from float32 round to nearest
// even; what is too large for a half becomes infinity, and NaN stays NaN.
float halfToFloat(std::uint16_t half) noexcept;
std::uint16_t floatToHalf(float value) noexcept;

float bfloat16ToFloat(std::uint16_t bfloat16) noexcept;
std::uint16_t floatToBfloat16(float value) noexcept;

}  // namespace engine
