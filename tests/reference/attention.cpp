#include "tests/reference/attention.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"

namespace reference {

namespace {

// One query head at `position` over the keys that it sees; `kvOffset` is where its key head lies in
// a row of `kvWidth` values.
void attendHead(std::span<const float> query, std::span<const float> keys,
                std::span<const float> values, std::size_t kvOffset, std::size_t kvWidth,
                const AttentionShape& shape, std::size_t position, std::span<float> output)
{
    const std::size_t seen =
        shape.window == 0 ? position + 1 : std::min<std::size_t>(position + 1, shape.window);
    const std::size_t first = position + 1 - seen;

    std::vector<double> scores(seen);
    for (std::size_t j = 0; j < seen; ++j) {
        const std::size_t key = (first + j) * kvWidth + kvOffset;
        double sum = 0.0;
        for (std::size_t i = 0; i < shape.headDim; ++i)
            sum += double{query[i]} * keys[key + i];
        scores[j] = sum * shape.scale;
    }

    const double largest = *std::max_element(scores.begin(), scores.end());
    double total = 0.0;
    for (double& score : scores) {
        score = std::exp(score - largest);
        total += score;
    }

    std::vector<double> sums(shape.headDim);
    for (std::size_t j = 0; j < seen; ++j) {
        const std::size_t value = (first + j) * kvWidth + kvOffset;
        for (std::size_t i = 0; i < shape.headDim; ++i)
            sums[i] += scores[j] * values[value + i];
    }
    for (std::size_t i = 0; i < shape.headDim; ++i)
        output[i] = static_cast<float>(sums[i] / total);
}

}  // namespace

std::vector<float> attention(std::span<const float> queries, std::span<const float> keys,
                             std::span<const float> values, const AttentionShape& shape,
                             std::uint32_t firstPosition)
{
    const std::size_t width = shape.heads * shape.headDim;
    const std::size_t kvWidth = shape.kvHeads * shape.headDim;
    const std::size_t count = queries.size() / width;
    ENGINE_CHECK(queries.size() % width == 0 && shape.heads % shape.kvHeads == 0);
    ENGINE_CHECK(keys.size() == values.size() && keys.size() >= (firstPosition + count) * kvWidth);

    std::vector<float> y(queries.size());
    for (std::size_t t = 0; t < count; ++t) {
        for (std::size_t h = 0; h < shape.heads; ++h) {
            const std::size_t place = t * width + h * shape.headDim;
            const std::size_t kvHead = h * shape.kvHeads / shape.heads;
            attendHead(queries.subspan(place, shape.headDim), keys, values, kvHead * shape.headDim,
                       kvWidth, shape, firstPosition + t,
                       std::span(y).subspan(place, shape.headDim));
        }
    }
    return y;
}

}  // namespace reference
