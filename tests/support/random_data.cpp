#include "tests/support/random_data.h"

#include <random>

namespace tests {

// The generator is defined by the standard, its distributions are not: hence the arithmetic.
std::vector<float> randomVector(std::size_t size, std::uint32_t seed, float scale)
{
    std::mt19937 generator(seed);
    std::vector<float> values(size);
    for (float& value : values)
        value = scale * (static_cast<float>(generator() >> 8U) * 0x1p-23F - 1.0F);
    return values;
}

std::vector<std::uint32_t> randomIds(std::size_t size, std::uint32_t seed, std::uint32_t bound)
{
    std::mt19937 generator(seed);
    std::vector<std::uint32_t> ids(size);
    for (std::uint32_t& id : ids)
        id = static_cast<std::uint32_t>(generator() % bound);
    return ids;
}

}  // namespace tests
