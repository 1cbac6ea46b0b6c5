#include "engine/kernels/column_layout.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/gpu/tensor.h"

namespace engine::kernels {
namespace {

using file::TensorType;

constexpr std::uint32_t kChunk = 32;  // rows whose quants are a column's unit or two

constexpr std::uint64_t roundUp(std::uint64_t value, std::uint64_t to)
{
    return (value + to - 1) / to * to;
}

// A block of 32 quants of each of 32 rows. Those behind the last row are zeros.
struct Tile {
    std::array<const std::byte*, kChunk> blocks{};

    Tile(const StoredRows& stored, std::uint32_t firstRow, std::uint32_t block)
    {
        static constexpr std::array<std::byte, 64> kZeros{};
        const std::uint64_t blockBytes = file::typeInfo(stored.type).blockBytes;
        for (std::uint32_t i = 0; i < kChunk; ++i)
            blocks[i] =
                firstRow + i < stored.rows
                    ? stored.bytes.data() + (firstRow + i) * stored.rowBytes + block * blockBytes
                    : kZeros.data();
    }
};

constexpr std::size_t kScaleBytes = 2;  // of a block, before its quants

void takeScales(const Tile& tile, std::byte* to)
{
    for (const std::byte* block : tile.blocks) {
        std::memcpy(to, block, kScaleBytes);
        to += kScaleBytes;
    }
}

// Sixteen bytes for each column: byte i has row i, and above it row i + 16.
void takeNibbles(const Tile& tile, std::uint64_t columnBytes, std::byte* to)
{
    constexpr std::byte kLow{0x0F};
    std::array<std::array<std::byte, kChunk>, kChunk / 2> both;
    for (std::size_t i = 0; i < both.size(); ++i) {
        const std::byte* low = tile.blocks[i] + kScaleBytes;
        const std::byte* high = tile.blocks[i + both.size()] + kScaleBytes;
        for (std::size_t k = 0; k < kChunk / 2; ++k) {
            both[i][k] = (low[k] & kLow) | high[k] << 4;
            both[i][k + kChunk / 2] = low[k] >> 4 | (high[k] & ~kLow);
        }
    }
    for (std::size_t column = 0; column < kChunk; ++column) {
        std::array<std::byte, kChunk / 2> unit;
        for (std::size_t i = 0; i < both.size(); ++i)
            unit[i] = both[i][column];
        std::memcpy(to + column * columnBytes, unit.data(), unit.size());
    }
}

// Thirty-two bytes for each column.
void takeBytes(const Tile& tile, std::uint64_t columnBytes, std::byte* to)
{
    for (std::size_t column = 0; column < kChunk; ++column) {
        std::array<std::byte, kChunk> units;
        for (std::size_t row = 0; row < kChunk; ++row)
            units[row] = tile.blocks[row][kScaleBytes + column];
        std::memcpy(to + column * columnBytes, units.data(), units.size());
    }
}

void layOutBlock(const StoredRows& stored, const ColumnLayout& layout, std::uint32_t firstRow,
                 std::uint32_t block, std::byte* to)
{
    const Tile tile(stored, firstRow, block);
    takeScales(tile, to + firstRow * kScaleBytes);
    std::byte* quants = to + layout.scaleBytes;
    if (stored.type == TensorType::Q8_0)
        takeBytes(tile, layout.columnBytes, quants + firstRow);
    else
        takeNibbles(tile, layout.columnBytes, quants + firstRow / 2);
}

// Numbers of kBytes, a cache line of a column at a time.
template <std::size_t kBytes>
void layOutNumbers(const StoredRows& stored, const ColumnLayout& layout, std::uint32_t firstColumn,
                   std::uint32_t columns, std::byte* to)
{
    constexpr std::uint32_t kTile = 64 / kBytes;
    for (std::uint32_t first = 0; first < stored.rows; first += kTile) {
        const std::uint32_t last = std::min(first + kTile, stored.rows);
        for (std::uint32_t column = 0; column < columns; ++column) {
            std::byte* target = to + column * layout.columnBytes;
            const std::byte* from =
                stored.bytes.data() + std::uint64_t{firstColumn + column} * kBytes;
            for (std::uint32_t row = first; row < last; ++row)
                std::memcpy(target + row * kBytes, from + row * stored.rowBytes, kBytes);
        }
    }
}

}  // namespace

std::optional<ColumnLayout> columnLayout(TensorType type, std::uint32_t rows) noexcept
{
    const std::uint64_t chunks = (std::uint64_t{rows} + kChunk - 1) / kChunk;
    ColumnLayout layout;
    switch (type) {
    case TensorType::F32:
    case TensorType::F16:
    case TensorType::BF16:
        layout.columnBytes =
            roundUp(std::uint64_t{rows} * file::typeInfo(type).blockBytes, gpu::kUnitBytes);
        layout.chunks = static_cast<std::uint32_t>(layout.columnBytes / gpu::kUnitBytes);
        break;
    case TensorType::Q8_0:
    case TensorType::Q4_0:
        layout.scaleBytes = chunks * kChunk * kScaleBytes;
        layout.columnBytes = chunks * (type == TensorType::Q8_0 ? kChunk : kChunk / 2);
        layout.chunks = static_cast<std::uint32_t>(chunks);
        break;
    default:
        return std::nullopt;
    }
    layout.blockBytes = layout.scaleBytes + kColumnsPerBlock * layout.columnBytes;
    return layout;
}

void layOutColumns(const StoredRows& stored, std::uint32_t firstBlock, std::span<std::byte> target)
{
    const auto layout = columnLayout(stored.type, stored.rows);
    ENGINE_CHECK(layout && target.size() % layout->blockBytes == 0);
    const auto blocks = static_cast<std::uint32_t>(target.size() / layout->blockBytes);
    if (layout->scaleBytes > 0) {
        // Neighbouring blocks of a row are in one cache line.
        for (std::uint32_t row = 0; row < stored.rows; row += kChunk) {
            for (std::uint32_t i = 0; i < blocks; ++i)
                layOutBlock(stored, *layout, row, firstBlock + i,
                            target.data() + i * layout->blockBytes);
        }
        return;
    }
    std::fill(target.begin(), target.end(), std::byte{0});
    const std::uint32_t first = firstBlock * kColumnsPerBlock;
    const std::uint32_t columns = std::min(blocks * kColumnsPerBlock, stored.columns - first);
    if (file::typeInfo(stored.type).blockBytes == 4)
        layOutNumbers<4>(stored, *layout, first, columns, target.data());
    else
        layOutNumbers<2>(stored, *layout, first, columns, target.data());
}

}  // namespace engine::kernels
