#include "tests/reference/vision.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace reference {
namespace {

std::size_t paddingBefore(std::size_t size, std::size_t kernel, std::size_t stride)
{
    const std::size_t outputs = (size + stride - 1) / stride;
    const std::size_t needed = (outputs - 1) * stride + kernel;
    return needed > size ? (needed - size) / 2 : 0;
}

// Sums `term(source pixel, tap)` over the pixels under the window of output (ox, oy).
template <typename Term>
double sumOverWindow(const Map& x, std::size_t ox, std::size_t oy, std::size_t kernel,
                     std::size_t stride, const Term& term)
{
    const std::size_t padding = paddingBefore(x.size, kernel, stride);
    double sum = 0.0;
    for (std::size_t ky = 0; ky < kernel; ++ky) {
        for (std::size_t kx = 0; kx < kernel; ++kx) {
            const std::size_t sx = ox * stride + kx;
            const std::size_t sy = oy * stride + ky;
            if (sx < padding || sy < padding || sx - padding >= x.size || sy - padding >= x.size)
                continue;
            sum += term((sy - padding) * x.size + sx - padding, ky * kernel + kx);
        }
    }
    return sum;
}

Map empty(std::size_t size, std::size_t channels)
{
    return {size, channels, std::vector<float>(size * size * channels)};
}

// Calls `value(ox, oy, channel)` for every element of a map.
Map fill(std::size_t size, std::size_t channels,
         const std::function<double(std::size_t, std::size_t, std::size_t)>& value)
{
    Map y = empty(size, channels);
    for (std::size_t i = 0; i < y.values.size(); ++i) {
        const std::size_t pixel = i / channels;
        y.values[i] = static_cast<float>(value(pixel % size, pixel / size, i % channels));
    }
    return y;
}

}  // namespace

Map conv2d(const Map& x, std::span<const float> weight, std::size_t outputs, std::size_t kernel,
           std::size_t stride)
{
    const std::size_t taps = kernel * kernel;
    return fill((x.size + stride - 1) / stride, outputs,
                [&](std::size_t ox, std::size_t oy, std::size_t o) {
                    return sumOverWindow(
                        x, ox, oy, kernel, stride, [&](std::size_t pixel, std::size_t tap) {
                            double sum = 0.0;
                            for (std::size_t i = 0; i < x.channels; ++i)
                                sum += static_cast<double>(x.values[pixel * x.channels + i]) *
                                       weight[(o * x.channels + i) * taps + tap];
                            return sum;
                        });
                });
}

Map depthwiseConv2d(const Map& x, std::span<const float> weight, std::size_t kernel,
                    std::size_t stride)
{
    return fill((x.size + stride - 1) / stride, x.channels,
                [&](std::size_t ox, std::size_t oy, std::size_t c) {
                    return sumOverWindow(
                        x, ox, oy, kernel, stride, [&](std::size_t pixel, std::size_t tap) {
                            return static_cast<double>(x.values[pixel * x.channels + c]) *
                                   weight[c * kernel * kernel + tap];
                        });
                });
}

Map channelNorm(const Map& x, std::span<const float> weight, double epsilon)
{
    Map y = x;
    for (std::size_t first = 0; first < x.values.size(); first += x.channels) {
        double squares = 0.0;
        for (std::size_t c = 0; c < x.channels; ++c)
            squares += static_cast<double>(x.values[first + c]) * x.values[first + c];
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(x.channels) + epsilon);
        for (std::size_t c = 0; c < x.channels; ++c)
            y.values[first + c] = static_cast<float>(x.values[first + c] * scale * weight[c]);
    }
    return y;
}

Map gelu(const Map& x)
{
    Map y = x;
    for (float& value : y.values) {
        const double v = value;
        const double inner = std::sqrt(2.0 / M_PI) * (v + 0.044715 * v * v * v);
        value = static_cast<float>(0.5 * v * (1.0 + std::tanh(inner)));
    }
    return y;
}

std::vector<float> softmaxRows(std::span<const float> x, std::size_t width, double scale)
{
    std::vector<float> y(x.size());
    for (std::size_t first = 0; first < x.size(); first += width) {
        const auto row = x.subspan(first, width);
        const double largest = scale * *std::max_element(row.begin(), row.end());
        double total = 0.0;
        for (const float value : row)
            total += std::exp(scale * value - largest);
        for (std::size_t k = 0; k < width; ++k)
            y[first + k] = static_cast<float>(std::exp(scale * row[k] - largest) / total);
    }
    return y;
}

Map joinScales(const Map& fine, const Map& coarse)
{
    return fill(fine.size, fine.channels + coarse.channels,
                [&](std::size_t x, std::size_t y, std::size_t c) -> double {
                    if (c < fine.channels)
                        return fine.values[(y * fine.size + x) * fine.channels + c];
                    const std::size_t pixel =
                        y * coarse.size / fine.size * coarse.size + x * coarse.size / fine.size;
                    return coarse.values[pixel * coarse.channels + c - fine.channels];
                });
}

Map averagePool(const Map& x, std::size_t window)
{
    return fill(x.size / window, x.channels, [&](std::size_t ox, std::size_t oy, std::size_t c) {
        double sum = 0.0;
        for (std::size_t i = 0; i < window * window; ++i) {
            const std::size_t pixel =
                (oy * window + i / window) * x.size + ox * window + i % window;
            sum += x.values[pixel * x.channels + c];
        }
        return sum / static_cast<double>(window * window);
    });
}

}  // namespace reference
