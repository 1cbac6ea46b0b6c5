#pragma once

#include <span>

namespace tests {

// The largest |actual - expected|. Infinite where the sizes differ or a difference is not a number,
// so that any tolerance fails.
double largestError(std::span<const float> actual, std::span<const float> expected);

// The largest |value|; 0 of nothing.
double largestValue(std::span<const float> values);

// largestError / largestValue(expected): the error as a share of the largest value.
double relativeError(std::span<const float> actual, std::span<const float> expected);

}  // namespace tests
