#include "engine/kernels/row_layout.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/gpu/tensor.h"

namespace engine::kernels {
namespace {

using file::TensorType;

constexpr std::uint32_t kChunk = 32;

template <typename T>
T load(const std::byte* from)
{
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
}

template <typename T>
void store(std::byte* to, T value)
{
    std::memcpy(to, &value, sizeof(T));
}

// A part of each block, kBytes long at `offset`, to one place.
template <std::size_t kBytes>
std::byte* gather(std::span<const std::byte> blocks, std::size_t blockBytes, std::size_t offset,
                  std::byte* to)
{
    for (std::size_t block = 0; block < blocks.size(); block += blockBytes, to += kBytes)
        std::memcpy(to, blocks.data() + block + offset, kBytes);
    return to;
}

// The same where each block is a chunk: zeros make their number even.
template <std::size_t kBytes>
std::byte* gatherChunks(std::span<const std::byte> blocks, std::size_t blockBytes,
                        std::size_t offset, std::byte* to)
{
    to = gather<kBytes>(blocks, blockBytes, offset, to);
    return blocks.size() / blockBytes % 2 == 0 ? to : std::fill_n(to, kBytes, std::byte{0});
}

// Sixteen bytes of the low (shift 0) or high (4) nibbles of 32.
void takeNibbles(const std::byte* from, unsigned shift, std::byte* to)
{
    constexpr std::uint64_t kLow = 0x0F0F0F0F0F0F0F0F;
    for (std::size_t i = 0; i < 16; i += 8) {
        const std::uint64_t first = (load<std::uint64_t>(from + i) >> shift) & kLow;
        const std::uint64_t second = (load<std::uint64_t>(from + i + 16) >> shift) & kLow;
        store(to + i, first | second << 4U);
    }
}

// Nibbles of a K-quant: 32 bytes of a block hold those of two chunks.
std::byte* takeBlockNibbles(std::span<const std::byte> blocks, std::size_t blockBytes,
                            std::size_t offset, std::byte* to)
{
    for (std::size_t block = 0; block < blocks.size(); block += blockBytes) {
        const std::byte* quants = blocks.data() + block + offset;
        for (std::size_t pair = 0; pair < 4; ++pair) {
            for (unsigned shift = 0; shift <= 4; shift += 4, to += 16)
                takeNibbles(quants + 32 * pair, shift, to);
        }
    }
    return to;
}

// Bit j of each of 32 bytes becomes a word of its own for chunk j.
std::byte* takeFifthBits(std::span<const std::byte> blocks, std::size_t blockBytes,
                         std::size_t offset, std::byte* to)
{
    for (std::size_t block = 0; block < blocks.size(); block += blockBytes) {
        const std::byte* high = blocks.data() + block + offset;
        for (unsigned chunk = 0; chunk < 8; ++chunk, to += 4) {
            std::uint32_t bits = 0;
            for (unsigned i = 0; i < kChunk; ++i)
                bits |= (std::to_integer<std::uint32_t>(high[i]) >> chunk & 1U) << i;
            store(to, bits);
        }
    }
    return to;
}

// The nibbles of Q6_K: two times 64 bytes, each for four chunks.
std::byte* takeQ6Nibbles(std::span<const std::byte> blocks, std::size_t blockBytes, std::byte* to)
{
    for (std::size_t block = 0; block < blocks.size(); block += blockBytes) {
        for (unsigned chunk = 0; chunk < 8; ++chunk, to += 16) {
            const std::byte* low = blocks.data() + block + chunk / 4 * 64 + chunk % 2 * 32;
            takeNibbles(low, chunk % 4 / 2 * 4, to);
        }
    }
    return to;
}

// The upper two bits of Q6_K: two times 32 bytes, each for four chunks.
std::byte* takeQ6Crumbs(std::span<const std::byte> blocks, std::size_t blockBytes,
                        std::size_t offset, std::byte* to)
{
    for (std::size_t block = 0; block < blocks.size(); block += blockBytes) {
        for (unsigned chunk = 0; chunk < 8; ++chunk) {
            const std::byte* high = blocks.data() + block + offset + chunk / 4 * 32;
            for (std::size_t half = 0; half < 2; ++half, to += 4) {
                std::uint32_t word = 0;
                for (unsigned i = 0; i < 4; ++i) {
                    const auto four = load<std::uint32_t>(high + 16 * half + 4 * std::size_t{i});
                    word |= (four >> (2 * (chunk % 4)) & 0x03030303U) << (2 * i);
                }
                store(to, word);
            }
        }
    }
    return to;
}

std::byte* layOutBlocks(TensorType type, std::span<const std::byte> stored, std::byte* to)
{
    const std::size_t block = file::typeInfo(type).blockBytes;
    switch (type) {
    case TensorType::Q8_0:
        to = gatherChunks<32>(stored, block, 2, to);
        return gatherChunks<2>(stored, block, 0, to);
    case TensorType::Q4_0:
        to = gatherChunks<16>(stored, block, 2, to);
        return gatherChunks<2>(stored, block, 0, to);
    case TensorType::Q4_1:
        to = gatherChunks<16>(stored, block, 4, to);
        return gatherChunks<4>(stored, block, 0, to);
    case TensorType::Q5_0:
        to = gatherChunks<16>(stored, block, 6, to);
        to = gatherChunks<4>(stored, block, 2, to);
        return gatherChunks<2>(stored, block, 0, to);
    case TensorType::Q5_1:
        to = gatherChunks<16>(stored, block, 8, to);
        to = gatherChunks<4>(stored, block, 4, to);
        return gatherChunks<4>(stored, block, 0, to);
    case TensorType::Q4_K:
        to = takeBlockNibbles(stored, block, 16, to);
        return gather<16>(stored, block, 0, to);
    case TensorType::Q5_K:
        to = takeBlockNibbles(stored, block, 48, to);
        to = takeFifthBits(stored, block, 16, to);
        return gather<16>(stored, block, 0, to);
    case TensorType::Q6_K:
        to = takeQ6Nibbles(stored, block, to);
        to = takeQ6Crumbs(stored, block, 128, to);
        to = gather<16>(stored, block, 192, to);
        return gather<2>(stored, block, 208, to);
    default:
        ENGINE_CHECK(file::typeInfo(type).blockElements == 1);
        return std::copy(stored.begin(), stored.end(), to);
    }
}

}  // namespace

RowLayout rowLayout(TensorType type, std::uint32_t columns) noexcept
{
    const file::TensorTypeInfo& info = file::typeInfo(type);
    RowLayout layout;
    std::uint64_t elements = columns;
    if (info.blockElements > 1) {
        layout.chunks = (columns / kChunk + 1) / 2 * 2;
        elements = std::uint64_t{layout.chunks} * kChunk;
    }
    const std::uint64_t bytes = elements / info.blockElements * info.blockBytes;
    layout.bytes = (bytes + gpu::kUnitBytes - 1) / gpu::kUnitBytes * gpu::kUnitBytes;
    return layout;
}

void layOutRow(TensorType type, std::span<const std::byte> stored, std::span<std::byte> row)
{
    ENGINE_CHECK(row.size() >= stored.size());
    std::byte* end = layOutBlocks(type, stored, row.data());
    std::fill(end, row.data() + row.size(), std::byte{0});
}

}  // namespace engine::kernels
