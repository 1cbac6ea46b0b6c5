#include "tests/reference/norm.h"

#include <cmath>

#include "engine/base/check.h"

namespace reference {

std::vector<float> rmsNorm(std::span<const float> x, std::span<const float> weight, float epsilon)
{
    std::vector<float> y = rmsNorm(x, weight.size(), epsilon);
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] *= weight[i % weight.size()];
    return y;
}

std::vector<float> rmsNorm(std::span<const float> x, std::size_t width, float epsilon)
{
    ENGINE_CHECK(width > 0 && x.size() % width == 0);

    std::vector<float> y(x.size());
    for (std::size_t row = 0; row < x.size(); row += width) {
        double squares = 0.0;
        for (std::size_t c = 0; c < width; ++c)
            squares += double{x[row + c]} * x[row + c];
        const double rms = std::sqrt(squares / static_cast<double>(width) + epsilon);
        for (std::size_t c = 0; c < width; ++c)
            y[row + c] = static_cast<float>(x[row + c] / rms);
    }
    return y;
}

}  // namespace reference
