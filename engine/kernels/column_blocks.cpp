#include "engine/kernels/column_blocks.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/base/half.h"

// Blocks as spec 01 §4.5 has them.

namespace engine::kernels {
namespace {

using file::TensorType;
using Scales = ColumnForm::Scales;

constexpr std::uint32_t kQuants = 32;

unsigned byteAt(const std::byte* from)
{
    return std::to_integer<unsigned>(*from);
}

float halfAt(const std::byte* from)
{
    std::uint16_t half = 0;
    std::memcpy(&half, from, sizeof(half));
    return halfToFloat(half);
}

void keepHalf(const std::byte* from, ColumnQuants& to)
{
    std::memcpy(to.half.data(), from, to.half.size());
}

void setScale(float scale, float offset, ColumnQuants& to)
{
    to.scales = {scale, scale};
    to.offset = offset;
}

// Sixteen bytes: the low nibbles of all, then the high ones.
void takeNibbles(const std::byte* from, ColumnQuants& to)
{
    for (std::uint32_t i = 0; i < kQuants / 2; ++i) {
        const unsigned both = byteAt(from + i);
        to.quants[i] = static_cast<std::uint8_t>(both & 15U);
        to.quants[i + kQuants / 2] = static_cast<std::uint8_t>(both >> 4U);
    }
}

// Bit i of four bytes belongs to quant i.
void addFifthBits(const std::byte* from, ColumnQuants& to)
{
    std::uint32_t bits = 0;
    std::memcpy(&bits, from, sizeof(bits));
    for (std::uint32_t i = 0; i < kQuants; ++i)
        to.quants[i] = static_cast<std::uint8_t>(to.quants[i] | (bits >> i & 1U) << 4U);
}

void subtract(unsigned zero, ColumnQuants& to)
{
    for (std::uint8_t& quant : to.quants)
        quant = static_cast<std::uint8_t>(quant - zero);
}

// Of Q4_K and Q5_K: nibbles of two chunks lie in the same 32 bytes, and scales and minimums have
// six bits.
void takeChunkOfK(const std::byte* block, std::size_t quantsAt, std::uint32_t chunk,
                  ColumnQuants& to)
{
    const std::byte* nibbles = block + quantsAt + std::size_t{chunk} / 2 * kQuants;
    for (std::uint32_t i = 0; i < kQuants; ++i)
        to.quants[i] = static_cast<std::uint8_t>(byteAt(nibbles + i) >> (4 * (chunk % 2)) & 15U);
    const auto packed = [block](std::uint32_t i) { return byteAt(block + 4 + i); };
    const bool isFirst = chunk < 4;
    const unsigned scale =
        isFirst ? packed(chunk) & 63U : (packed(chunk + 4) & 15U) | packed(chunk - 4) >> 6U << 4U;
    const unsigned minimum =
        isFirst ? packed(chunk + 4) & 63U : packed(chunk + 4) >> 4U | packed(chunk) >> 6U << 4U;
    setScale(halfAt(block) * static_cast<float>(scale),
             -(halfAt(block + 2) * static_cast<float>(minimum)), to);
}

void takeChunkOfQ6(const std::byte* block, std::uint32_t chunk, ColumnQuants& to)
{
    constexpr std::size_t kHigh = 128;
    constexpr std::size_t kScales = 192;
    constexpr std::size_t kFactor = 208;
    const std::size_t half = chunk / 4;
    const std::byte* low = block + 64 * half + std::size_t{chunk % 2} * kQuants;
    const std::byte* high = block + kHigh + kQuants * half;
    for (std::uint32_t i = 0; i < kQuants; ++i) {
        const unsigned nibble = byteAt(low + i) >> (4 * (chunk % 4 / 2)) & 15U;
        const unsigned crumb = byteAt(high + i) >> (2 * (chunk % 4)) & 3U;
        to.quants[i] = static_cast<std::uint8_t>(nibble | crumb << 4U);
    }
    subtract(32, to);
    for (std::size_t i = 0; i < to.scales.size(); ++i) {
        std::int8_t scale = 0;
        std::memcpy(&scale, block + kScales + std::size_t{2} * chunk + i, 1);
        to.scales.at(i) = halfAt(block + kFactor) * static_cast<float>(scale);
    }
}

}  // namespace

std::optional<ColumnForm> columnForm(TensorType type) noexcept
{
    switch (type) {
    case TensorType::Q4_0:
        return ColumnForm{Scales::Half, 4};
    case TensorType::Q5_0:
    case TensorType::Q8_0:
        return ColumnForm{Scales::Half, 8};
    case TensorType::Q4_1:
    case TensorType::Q4_K:
        return ColumnForm{Scales::AndOffset, 4};
    case TensorType::Q5_1:
    case TensorType::Q5_K:
        return ColumnForm{Scales::AndOffset, 8};
    case TensorType::Q6_K:
        return ColumnForm{Scales::Two, 8};
    default:
        return std::nullopt;
    }
}

ColumnQuants columnQuants(TensorType type, const std::byte* row, std::uint32_t index)
{
    const file::TensorTypeInfo& info = file::typeInfo(type);
    const std::uint32_t chunks = info.blockElements / kQuants;
    const std::uint32_t chunk = index % chunks;
    const std::byte* block = row + std::uint64_t{index / chunks} * info.blockBytes;
    ColumnQuants result;
    switch (type) {
    case TensorType::Q4_0:
        keepHalf(block, result);
        takeNibbles(block + 2, result);
        break;
    case TensorType::Q4_1:
        setScale(halfAt(block), halfAt(block + 2), result);
        takeNibbles(block + 4, result);
        break;
    case TensorType::Q5_0:
        keepHalf(block, result);
        takeNibbles(block + 6, result);
        addFifthBits(block + 2, result);
        subtract(16, result);
        break;
    case TensorType::Q5_1:
        setScale(halfAt(block), halfAt(block + 2), result);
        takeNibbles(block + 8, result);
        addFifthBits(block + 4, result);
        break;
    case TensorType::Q8_0:
        keepHalf(block, result);
        std::memcpy(result.quants.data(), block + 2, kQuants);
        break;
    case TensorType::Q4_K:
        takeChunkOfK(block, 16, chunk, result);
        break;
    case TensorType::Q5_K:
        takeChunkOfK(block, 48, chunk, result);
        for (std::uint32_t i = 0; i < kQuants; ++i)
            result.quants.at(i) = static_cast<std::uint8_t>(
                result.quants.at(i) | (byteAt(block + 16 + i) >> chunk & 1U) << 4U);
        break;
    case TensorType::Q6_K:
        takeChunkOfQ6(block, chunk, result);
        break;
    default:
        ENGINE_CHECK(false);
    }
    return result;
}

}  // namespace engine::kernels
