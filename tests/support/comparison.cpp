#include "tests/support/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace tests {

double largestError(std::span<const float> actual, std::span<const float> expected)
{
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (actual.size() != expected.size())
        return kInfinity;
    double largest = 0.0;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (actual[i] == expected[i])
            continue;
        const double error = std::abs(double{actual[i]} - double{expected[i]});
        if (!std::isfinite(error))
            return kInfinity;
        largest = std::max(largest, error);
    }
    return largest;
}

double largestValue(std::span<const float> values)
{
    double largest = 0.0;
    for (const float value : values)
        largest = std::max(largest, std::abs(double{value}));
    return largest;
}

double relativeError(std::span<const float> actual, std::span<const float> expected)
{
    const double error = largestError(actual, expected);
    const double scale = largestValue(expected);
    return scale > 0.0 ? error / scale : error;
}

}  // namespace tests
