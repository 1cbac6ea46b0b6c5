#include "engine/vision/image_preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "engine/base/check.h"

namespace engine::vision {

namespace {

constexpr std::size_t kChannels = 3;
constexpr std::int32_t kHalf = kTapUnit / 2;

// Weights are never negative and sum up to little more than kTapUnit, so a sum of 255s fits in 31
// bits.
std::uint8_t rounded(std::int32_t sum)
{
    return static_cast<std::uint8_t>(std::min((sum + kHalf) / kTapUnit, 255));
}

Image squashWidth(const Image& image, std::uint32_t size)
{
    const std::vector<Taps> taps = bilinearTaps(image.width, size);
    Image result{size, image.height, {}};
    result.rgb.resize(std::size_t{size} * image.height * kChannels);
    auto out = result.rgb.begin();
    for (std::size_t y = 0; y < image.height; ++y) {
        const std::uint8_t* row = image.rgb.data() + y * image.width * kChannels;
        for (const Taps& tap : taps) {
            const std::uint8_t* pixel = row + tap.first * kChannels;
            std::int32_t sums[kChannels] = {};
            for (const std::int32_t weight : tap.weights) {
                for (std::size_t c = 0; c < kChannels; ++c)
                    sums[c] += weight * pixel[c];
                pixel += kChannels;
            }
            out = std::transform(std::begin(sums), std::end(sums), out, rounded);
        }
    }
    return result;
}

Image squashHeight(const Image& image, std::uint32_t size)
{
    const std::size_t rowSize = image.width * kChannels;
    Image result{image.width, size, {}};
    result.rgb.resize(size * rowSize);
    std::vector<std::int32_t> sums(rowSize);
    auto out = result.rgb.begin();
    for (const Taps& tap : bilinearTaps(image.height, size)) {
        std::fill(sums.begin(), sums.end(), 0);
        const std::uint8_t* row = image.rgb.data() + tap.first * rowSize;
        for (const std::int32_t weight : tap.weights) {
            for (std::size_t x = 0; x < rowSize; ++x)
                sums[x] += weight * row[x];
            row += rowSize;
        }
        out = std::transform(sums.begin(), sums.end(), out, rounded);
    }
    return result;
}

// PIL's choice of the cheaper order; it shows in the last bit, as each pass is rounded.
bool isHeightFirst(const Image& image, std::uint32_t size)
{
    const std::int64_t columns = std::int64_t{image.width} - size;  // that go away
    const std::int64_t rows = std::int64_t{image.height} - size;
    return rows > 0 && rows > 2 * columns;
}

}  // namespace

std::vector<Taps> bilinearTaps(std::uint32_t from, std::uint32_t to)
{
    ENGINE_CHECK(from > 0 && to > 0);
    const double scale = static_cast<double>(from) / to;
    const double support = std::max(scale, 1.0);
    const double narrowing = 1 / support;  // multiplied, not divided by, as PIL does
    std::vector<Taps> taps(to);
    std::vector<double> weights;
    for (std::uint32_t i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * scale;
        const auto first = static_cast<std::uint32_t>(std::max(0.0, centre - support + 0.5));
        const auto end = static_cast<std::uint32_t>(std::min<double>(from, centre + support + 0.5));
        weights.clear();
        double sum = 0;
        for (std::uint32_t x = first; x < end; ++x) {
            weights.push_back(std::max(0.0, 1 - std::abs((x - centre + 0.5) * narrowing)));
            sum += weights.back();
        }
        taps[i].first = first;
        for (const double weight : weights)
            taps[i].weights.push_back(
                static_cast<std::int32_t>(std::lround(weight / sum * kTapUnit)));
    }
    return taps;
}

std::vector<std::uint8_t> squash(const Image& image, std::uint32_t size)
{
    ENGINE_CHECK(size > 0 && image.width > 0 && image.height > 0);
    ENGINE_CHECK(image.rgb.size() == std::size_t{image.width} * image.height * kChannels);
    return isHeightFirst(image, size) ? squashWidth(squashHeight(image, size), size).rgb
                                      : squashHeight(squashWidth(image, size), size).rgb;
}

}  // namespace engine::vision
