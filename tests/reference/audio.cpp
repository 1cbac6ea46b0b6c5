#include "tests/reference/audio.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"

namespace reference {

namespace {

double convElement(const FrontConv& conv, std::span<const float> x, std::span<const float> weight,
                   std::size_t frame, std::size_t frequency, std::size_t channel)
{
    const std::size_t inputFrames = x.size() / (conv.inputFrequencies * conv.inputChannels);
    double sum = 0.0;
    for (std::size_t i = 0; i < conv.inputChannels; ++i) {
        for (std::size_t a = 0; a < conv.kernelFrames; ++a) {
            for (std::size_t b = 0; b < conv.kernelFrequencies; ++b) {
                const std::size_t t = frame * conv.strideFrames + a;
                const std::size_t padded = frequency * conv.strideFrequencies + b;
                if (t >= inputFrames || padded < conv.paddingFrequencies ||
                    padded - conv.paddingFrequencies >= conv.inputFrequencies)
                    continue;
                const std::size_t f = padded - conv.paddingFrequencies;
                const std::size_t tap =
                    ((channel * conv.inputChannels + i) * conv.kernelFrames + a) *
                        conv.kernelFrequencies +
                    b;
                sum += double{weight[tap]} *
                       x[(t * conv.inputFrequencies + f) * conv.inputChannels + i];
            }
        }
    }
    return sum;
}

// Scores of one query and one head, softmax taken, nearest key first.
std::vector<double> attentionWeights(const LocalAttention& shape, std::span<const float> qkv,
                                     std::span<const float> queryScale,
                                     std::span<const float> positions, std::size_t t,
                                     std::size_t head)
{
    const std::size_t width = shape.heads * shape.headDim;
    std::vector<double> weights;
    double total = 0.0;
    for (std::size_t d = 0; d < shape.window && d <= t; ++d) {
        double score = 0.0;
        for (std::size_t i = 0; i < shape.headDim; ++i) {
            const std::size_t column = head * shape.headDim + i;
            const double query = double{qkv[t * 3 * width + column]} * queryScale[i];
            const double key = double{qkv[(t - d) * 3 * width + width + column]};
            score += query * (key + positions[d * width + column]);
        }
        weights.push_back(std::exp(shape.cap * std::tanh(score / shape.cap)));
        total += weights.back();
    }
    for (double& weight : weights)
        weight /= total;
    return weights;
}

}  // namespace

std::vector<float> frontConv(const FrontConv& conv, std::span<const float> x,
                             std::span<const float> weight, std::size_t frames)
{
    std::vector<float> y;
    for (std::size_t t = 0; t < frames; ++t) {
        for (std::size_t f = 0; f < conv.outputFrequencies(); ++f) {
            for (std::size_t c = 0; c < conv.outputChannels; ++c)
                y.push_back(static_cast<float>(convElement(conv, x, weight, t, f, c)));
        }
    }
    return y;
}

std::vector<float> cumulativeNorm(std::span<const float> x, std::span<const float> weight,
                                  std::size_t width, float epsilon)
{
    ENGINE_CHECK(x.size() % width == 0 && width % weight.size() == 0);
    std::vector<float> y;
    double sum = 0.0;
    double deviations = 0.0;
    for (std::size_t first = 0; first < x.size(); first += width) {
        const auto frame = x.subspan(first, width);
        const auto count = static_cast<double>(first + width);
        for (const float value : frame)
            sum += value;
        const double mean = sum / count;
        for (const float value : frame)
            deviations += (value - mean) * (value - mean);
        const double deviation = std::sqrt(deviations / count + epsilon);
        for (std::size_t e = 0; e < width; ++e)
            y.push_back(static_cast<float>(
                std::max(0.0, (frame[e] - mean) / deviation * weight[e % weight.size()])));
    }
    return y;
}

std::vector<float> silu(std::span<const float> x)
{
    std::vector<float> y;
    for (const float value : x)
        y.push_back(static_cast<float>(value / (1.0 + std::exp(-double{value}))));
    return y;
}

std::vector<float> clip(std::span<const float> x, float limit)
{
    std::vector<float> y(x.begin(), x.end());
    for (float& value : y)
        value = std::clamp(value, -limit, limit);
    return y;
}

std::vector<float> localAttention(const LocalAttention& shape, std::span<const float> qkv,
                                  std::span<const float> queryScale,
                                  std::span<const float> positions)
{
    const std::size_t width = shape.heads * shape.headDim;
    std::vector<float> y;
    for (std::size_t t = 0; t < qkv.size() / (3 * width); ++t) {
        for (std::size_t head = 0; head < shape.heads; ++head) {
            const auto weights = attentionWeights(shape, qkv, queryScale, positions, t, head);
            for (std::size_t i = 0; i < shape.headDim; ++i) {
                const std::size_t column = 2 * width + head * shape.headDim + i;
                double sum = 0.0;
                for (std::size_t d = 0; d < weights.size(); ++d)
                    sum += weights[d] * qkv[(t - d) * 3 * width + column];
                y.push_back(static_cast<float>(sum));
            }
        }
    }
    return y;
}

std::vector<float> gatedConv(std::span<const float> gates, std::span<const float> weight,
                             std::size_t width, std::size_t taps)
{
    std::vector<float> y;
    for (std::size_t t = 0; t < gates.size() / (2 * width); ++t) {
        for (std::size_t c = 0; c < width; ++c) {
            double sum = 0.0;
            for (std::size_t back = 0; back < taps && back <= t; ++back) {
                const std::size_t row = (t - back) * 2 * width;
                const double gated =
                    gates[row + c] / (1.0 + std::exp(-double{gates[row + width + c]}));
                sum += double{weight[c * taps + taps - 1 - back]} * gated;
            }
            y.push_back(static_cast<float>(sum));
        }
    }
    return y;
}

}  // namespace reference
