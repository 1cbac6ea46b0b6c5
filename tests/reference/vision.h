#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reference {

// A square map of pixels in rows of channels: values [size² × channels].
struct Map {
    std::size_t size = 0;
    std::size_t channels = 0;
    std::vector<float> values;
};

// Convolution as PyTorch has it, weight [outputs × inputs × kernel × kernel], padded as
// TensorFlow's SAME: ceil(size / stride) pixels a side, and where an odd number of zeros is needed
// the one more behind (spec 02 §2).
Map conv2d(const Map& x, std::span<const float> weight, std::size_t outputs, std::size_t kernel,
           std::size_t stride);

// The same with one kernel for each channel: weight [channels × kernel × kernel].
Map depthwiseConv2d(const Map& x, std::span<const float> weight, std::size_t kernel,
                    std::size_t stride);

// x / sqrt(mean(x²) + epsilon) · weight, over the channels of each pixel.
Map channelNorm(const Map& x, std::span<const float> weight, double epsilon);

// 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))).
Map gelu(const Map& x);

// softmax(scale · row) of each row of `width` values.
std::vector<float> softmaxRows(std::span<const float> x, std::size_t width, double scale);

// The channels of both, the coarser enlarged to the nearest pixel.
Map joinScales(const Map& fine, const Map& coarse);

// The mean of each window × window pixels.
Map averagePool(const Map& x, std::size_t window);

}  // namespace reference
