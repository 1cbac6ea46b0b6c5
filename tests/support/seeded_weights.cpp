#include "tests/support/seeded_weights.h"

#include <bit>
#include <string>

namespace tests {

namespace {

std::uint64_t mix(std::uint64_t h)
{
    h = (h ^ (h >> 30U)) * 0xBF58476D1CE4E5B9U;
    h = (h ^ (h >> 27U)) * 0x94D049BB133111EBU;
    return h ^ (h >> 31U);
}

}  // namespace

std::uint64_t fnv1a64(std::string_view text)
{
    std::uint64_t h = 0xCBF29CE484222325U;
    for (const char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return h;
}

std::vector<float> seededWeights(std::string_view set, std::string_view name, std::size_t size,
                                 float scale, float offset)
{
    const std::uint64_t start = fnv1a64(std::string(set) + "/" + std::string(name));
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t h = mix(start + (i + 1) * 0x9E3779B97F4A7C15U);
        const double u = static_cast<double>(h >> 40U) * 0x1p-24;
        // The product is exact in double, so it is rounded once, and no compiler can fuse it.
        const auto product = static_cast<float>(double{scale} * (2.0 * u - 1.0));
        values[i] = static_cast<float>(double{offset} + double{product});
    }
    return values;
}

std::uint16_t toBf16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t lowestKept = (bits >> 16U) & 1U;
    return static_cast<std::uint16_t>((bits + 0x7FFFU + lowestKept) >> 16U);
}

}  // namespace tests
