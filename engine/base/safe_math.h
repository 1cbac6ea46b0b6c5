#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace engine {

// Sums and products of numbers that a file claims; nullopt where they do not fit in 64 bits.
constexpr std::optional<std::uint64_t> safeSum(std::uint64_t a, std::uint64_t b) noexcept
{
    if (b > std::numeric_limits<std::uint64_t>::max() - a)
        return std::nullopt;
    return a + b;
}

constexpr std::optional<std::uint64_t> safeProduct(std::uint64_t a, std::uint64_t b) noexcept
{
    if (a != 0 && b > std::numeric_limits<std::uint64_t>::max() / a)
        return std::nullopt;
    return a * b;
}

}  // namespace engine
