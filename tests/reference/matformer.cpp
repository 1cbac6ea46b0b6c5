#include "tests/reference/matformer.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "tests/reference/linear.h"
#include "tests/reference/norm.h"

namespace reference {

namespace {

constexpr double kSmallestMeanSquare = 1e-5;

double meanSquare(std::span<const float> row)
{
    double squares = 0.0;
    for (const float value : row)
        squares += double{value} * value;
    return squares / static_cast<double>(row.size());
}

double dot(std::span<const float> a, std::span<const float> b)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += double{a[i]} * b[i];
    return sum;
}

}  // namespace

double gelu(double x)
{
    return 0.5 * x * (1.0 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

std::vector<float> gatedGelu(std::span<const float> gate, std::span<const float> up)
{
    ENGINE_CHECK(gate.size() == up.size());
    std::vector<float> y(gate.size());
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] = static_cast<float>(gelu(gate[i]) * up[i]);
    return y;
}

std::vector<float> gaussianTopk(std::span<const float> gate, std::size_t width, float multiplier)
{
    ENGINE_CHECK(width > 0 && gate.size() % width == 0);
    std::vector<float> y(gate.size());
    for (std::size_t row = 0; row < gate.size(); row += width) {
        const std::span<const float> u = gate.subspan(row, width);
        double mean = 0.0;
        for (const float value : u)
            mean += value;
        mean /= static_cast<double>(width);
        double variance = 0.0;
        for (const float value : u)
            variance += (value - mean) * (value - mean);
        variance /= static_cast<double>(width);

        const double cutoff = mean + multiplier * std::sqrt(variance);
        for (std::size_t c = 0; c < width; ++c)
            y[row + c] = static_cast<float>(std::max(0.0, u[c] - cutoff));
    }
    return y;
}

std::vector<float> matchMagnitude(std::span<const float> x, std::span<const float> target,
                                  std::size_t width)
{
    ENGINE_CHECK(width > 0 && x.size() % width == 0 && x.size() == target.size());
    std::vector<float> y(x.size());
    for (std::size_t row = 0; row < x.size(); row += width) {
        const double wanted = std::sqrt(meanSquare(target.subspan(row, width)));
        const double present =
            std::sqrt(std::max(meanSquare(x.subspan(row, width)), kSmallestMeanSquare));
        for (std::size_t c = 0; c < width; ++c)
            y[row + c] = static_cast<float>(x[row + c] * wanted / present);
    }
    return y;
}

std::vector<float> altupModalities(std::span<const float> x, std::span<const float> routerNorm,
                                   std::span<const float> router, float epsilon)
{
    const std::size_t hidden = routerNorm.size();
    std::vector<float> y = linear(router, rmsNorm(x, routerNorm, epsilon), hidden);
    for (float& value : y)
        value = static_cast<float>(std::tanh(value / static_cast<double>(hidden)));
    return y;
}

std::vector<float> altupPredict(std::span<const float> streams, std::span<const float> modalities,
                                std::span<const float> coefs, const AltupShape& shape)
{
    const std::size_t inputs = shape.inputs;
    const std::size_t size = streams.size() / inputs;  // of one stream
    const std::size_t count = size / shape.hidden;
    ENGINE_CHECK(streams.size() == inputs * count * shape.hidden);
    ENGINE_CHECK(modalities.size() == count * inputs && coefs.size() == inputs * inputs * inputs);

    std::vector<float> y(streams.size());
    for (std::size_t t = 0; t < count; ++t) {
        const std::span<const float> modality = modalities.subspan(t * inputs, inputs);
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t c = t * shape.hidden; c < (t + 1) * shape.hidden; ++c) {
                double sum = streams[i * size + c];
                for (std::size_t k = 0; k < inputs; ++k) {
                    const std::size_t row = (inputs * i + k) * inputs;
                    sum += dot(coefs.subspan(row, inputs), modality) * streams[k * size + c];
                }
                y[i * size + c] = static_cast<float>(sum);
            }
        }
    }
    return y;
}

std::vector<float> altupCorrect(std::span<const float> predictions,
                                std::span<const float> activated, std::span<const float> modalities,
                                std::span<const float> coefs, const AltupShape& shape)
{
    const std::size_t inputs = shape.inputs;
    const std::size_t size = activated.size();  // of one stream
    const std::size_t count = size / shape.hidden;
    ENGINE_CHECK(predictions.size() == inputs * count * shape.hidden);
    ENGINE_CHECK(modalities.size() == count * inputs && coefs.size() == inputs * inputs);

    const std::span<const float> active = predictions.subspan(shape.activeIndex * size, size);
    std::vector<float> y(predictions.size());
    for (std::size_t t = 0; t < count; ++t) {
        const std::span<const float> modality = modalities.subspan(t * inputs, inputs);
        for (std::size_t i = 0; i < inputs; ++i) {
            const double share = 1.0 + dot(coefs.subspan(i * inputs, inputs), modality);
            for (std::size_t c = t * shape.hidden; c < (t + 1) * shape.hidden; ++c) {
                const double innovation = double{activated[c]} - active[c];
                y[i * size + c] =
                    static_cast<float>(predictions[i * size + c] + share * innovation);
            }
        }
    }
    return y;
}

std::vector<float> laurel(std::span<const float> n, std::span<const float> left,
                          std::span<const float> right, std::span<const float> norm, float epsilon)
{
    const std::size_t hidden = norm.size();
    const std::size_t rank = left.size() / hidden;
    const std::vector<float> narrow = linear(left, n, hidden);
    std::vector<float> y = rmsNorm(linear(right, narrow, rank), norm, epsilon);
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] += n[i];
    return y;
}

std::vector<float> perLayerInputs(std::span<const float> embeddings,
                                  std::span<const float> tableRows,
                                  std::span<const float> projection, std::span<const float> norm,
                                  std::size_t hidden, float epsilon)
{
    std::vector<float> projected = linear(projection, embeddings, hidden);
    ENGINE_CHECK(projected.size() == tableRows.size());
    for (float& value : projected)
        value = static_cast<float>(value / std::sqrt(static_cast<double>(hidden)));

    const double tableScale = std::sqrt(static_cast<double>(norm.size()));
    std::vector<float> y = rmsNorm(projected, norm, epsilon);
    for (std::size_t i = 0; i < y.size(); ++i)
        y[i] = static_cast<float>((y[i] + tableScale * tableRows[i]) / std::sqrt(2.0));
    return y;
}

}  // namespace reference
