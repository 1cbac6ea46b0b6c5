#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reference {

// y[r][c] = x[r][c] / sqrt(mean(x[r]²) + epsilon) · weight[c]; rows are as wide as `weight`.
std::vector<float> rmsNorm(std::span<const float> x, std::span<const float> weight, float epsilon);

// The same without a weight, for rows of `width` values.
std::vector<float> rmsNorm(std::span<const float> x, std::size_t width, float epsilon);

}  // namespace reference
