#pragma once

#include <cstdint>
#include <vector>

#include "engine/encoders.h"

namespace engine::vision {

// What one sample of a resized axis is made of: input samples from `first` on, weighted.
struct Taps {
    std::uint32_t first = 0;
    std::vector<std::int32_t> weights;  // in units of 1 / kTapUnit; they sum up to about kTapUnit
};

constexpr std::int32_t kTapUnit = 1 << 22;

// For each of `to` samples of an axis of `from` samples, both at least 1. The filter is a triangle
// as wide as two output samples, or two input samples where there are fewer of these: so shrinking
// averages over all of the input, and growing interpolates.
std::vector<Taps> bilinearTaps(std::uint32_t from, std::uint32_t to);

// Squashes a picture to size × size pixels, whatever its shape: [size × size × 3], 8 bits a
// channel. Columns first, then rows, each rounded to 8 bits: bit for bit what PIL's bilinear resize
// answers, which the model's own pictures went through (spec 02 §1.2). `size` is at least 1, the
// picture not empty, and its `rgb` as long as its width and height say.
std::vector<std::uint8_t> squash(const Image& image, std::uint32_t size);

}  // namespace engine::vision
