#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reference {

// A convolution over time and frequency (spec 03 §3).
struct FrontConv {
    std::size_t inputChannels = 0;
    std::size_t inputFrequencies = 0;
    std::size_t outputChannels = 0;
    std::size_t kernelFrames = 0;
    std::size_t kernelFrequencies = 0;
    std::size_t strideFrames = 0;
    std::size_t strideFrequencies = 0;
    std::size_t paddingFrequencies = 0;

    std::size_t outputFrequencies() const
    {
        return (inputFrequencies + 2 * paddingFrequencies - kernelFrequencies) / strideFrequencies +
               1;
    }
};

// `frames` frames of the output [frames × outputFrequencies × outputChannels]. x is [frames ×
// inputFrequencies × inputChannels], zero past its end; weight [outputChannels × inputChannels ×
// kernelFrames × kernelFrequencies].
std::vector<float> frontConv(const FrontConv& conv, std::span<const float> x,
                             std::span<const float> weight, std::size_t frames);

// The cumulative group norm of frames of `width` elements, channels innermost, and the ReLU after
// it (spec 03 §3).
std::vector<float> cumulativeNorm(std::span<const float> x, std::span<const float> weight,
                                  std::size_t width, float epsilon);

// x / (1 + e^-x).
std::vector<float> silu(std::span<const float> x);

std::vector<float> clip(std::span<const float> x, float limit);

struct LocalAttention {
    std::size_t heads = 0;
    std::size_t headDim = 0;
    std::size_t window = 0;
    float cap = 0.0F;
};

// Attention of every frame of a clip (spec 03 §4.1). qkv is [T × 3 · heads · headDim], positions
// [window × heads · headDim].
std::vector<float> localAttention(const LocalAttention& shape, std::span<const float> qkv,
                                  std::span<const float> queryScale,
                                  std::span<const float> positions);

// The causal depthwise convolution of gated values: gates are [T × 2 · width], weight [width ×
// taps], the result [T × width].
std::vector<float> gatedConv(std::span<const float> gates, std::span<const float> weight,
                             std::size_t width, std::size_t taps);

}  // namespace reference
