#include "tests/reference/rope.h"

#include <cmath>

#include "engine/base/check.h"

namespace reference {

std::vector<float> rope(std::span<const float> x, std::size_t heads, std::size_t headDim,
                        std::uint32_t firstPosition, double theta, double scale)
{
    ENGINE_CHECK(headDim % 2 == 0 && x.size() % (heads * headDim) == 0);
    const std::size_t half = headDim / 2;

    std::vector<float> y(x.size());
    for (std::size_t head = 0; head < x.size() / headDim; ++head) {
        const std::size_t position = firstPosition + head / heads;
        const std::size_t low = head * headDim;
        const std::size_t high = low + half;
        for (std::size_t i = 0; i < half; ++i) {
            const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(headDim);
            const double angle = static_cast<double>(position) / scale * std::pow(theta, exponent);
            const double cosine = std::cos(angle);
            const double sine = std::sin(angle);
            y[low + i] = static_cast<float>(x[low + i] * cosine - x[high + i] * sine);
            y[high + i] = static_cast<float>(x[high + i] * cosine + x[low + i] * sine);
        }
    }
    return y;
}

}  // namespace reference
