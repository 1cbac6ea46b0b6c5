#include "tests/reference/linear.h"

#include <cmath>

#include "engine/base/check.h"

namespace reference {

std::vector<float> linear(std::span<const float> matrix, std::span<const float> x,
                          std::size_t columns)
{
    ENGINE_CHECK(columns > 0 && matrix.size() % columns == 0 && x.size() % columns == 0);
    const std::size_t rows = matrix.size() / columns;
    const std::size_t count = x.size() / columns;

    std::vector<float> y(count * rows);
    for (std::size_t r = 0; r < rows; ++r) {
        const std::span<const float> weights = matrix.subspan(r * columns, columns);
        for (std::size_t t = 0; t < count; ++t) {
            const std::span<const float> input = x.subspan(t * columns, columns);
            double sum = 0.0;
            for (std::size_t c = 0; c < columns; ++c)
                sum += double{weights[c]} * input[c];
            y[t * rows + r] = static_cast<float>(sum);
        }
    }
    return y;
}

std::vector<float> embed(std::span<const float> table, std::span<const std::uint32_t> ids,
                         std::size_t columns, double scale)
{
    std::vector<float> y;
    y.reserve(ids.size() * columns);
    for (const std::uint32_t id : ids) {
        ENGINE_CHECK((id + std::size_t{1}) * columns <= table.size());
        for (const float value : table.subspan(id * columns, columns))
            y.push_back(static_cast<float>(value * scale));
    }
    return y;
}

std::vector<float> softcap(std::span<const float> x, float cap)
{
    std::vector<float> y(x.begin(), x.end());
    if (cap == 0.0F)
        return y;
    for (float& value : y)
        value = static_cast<float>(cap * std::tanh(double{value} / cap));
    return y;
}

}  // namespace reference
