#include "engine/kernels/column_layout.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/column_blocks.h"

namespace engine::kernels {
namespace {

using file::TensorType;

constexpr std::uint32_t kChunk = 32;  // rows whose quants are a column's unit or two

constexpr std::uint64_t roundUp(std::uint64_t value, std::uint64_t to)
{
    return (value + to - 1) / to * to;
}

constexpr std::uint64_t scaleBytes(const ColumnForm& form)
{
    return form.scales == ColumnForm::Scales::Half ? 2 : 8;
}

// Quants of 32 rows and 32 columns. Those behind the last row are zeros.
using Tile = std::array<ColumnQuants, kChunk>;

Tile tileOf(const StoredRows& stored, std::uint32_t firstRow, std::uint32_t block)
{
    Tile tile;
    const std::uint32_t rows = std::min(stored.rows - firstRow, kChunk);
    for (std::uint32_t i = 0; i < rows; ++i)
        tile[i] = columnQuants(stored.type, stored.bytes.data() + (firstRow + i) * stored.rowBytes,
                               block);
    return tile;
}

void putScales(const Tile& tile, const ColumnForm& form, std::byte* to)
{
    for (std::size_t i = 0; i < kChunk; ++i) {
        const ColumnQuants& row = tile[i];
        if (form.scales == ColumnForm::Scales::Half) {
            std::memcpy(to + 2 * i, row.half.data(), 2);
            continue;
        }
        const float second = form.scales == ColumnForm::Scales::Two ? row.scales[1] : row.offset;
        std::memcpy(to + sizeof(float) * i, &row.scales[0], sizeof(float));
        std::memcpy(to + sizeof(float) * (kChunk + i), &second, sizeof(float));
    }
}

void putQuants(const Tile& tile, const ColumnForm& form, std::uint64_t columnBytes, std::byte* to)
{
    const std::size_t size = kChunk * form.quantBits / 8;
    for (std::size_t column = 0; column < kChunk; ++column) {
        std::array<std::uint8_t, kChunk> bytes;
        for (std::size_t i = 0; i < kChunk; ++i)
            bytes[i] = tile[i].quants[column];
        for (std::size_t i = 0; size < kChunk && i < size; ++i)
            bytes[i] = static_cast<std::uint8_t>(bytes[i] | bytes[i + size] << 4U);
        std::memcpy(to + column * columnBytes, bytes.data(), size);
    }
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
    ColumnLayout layout;
    if (const auto form = columnForm(type)) {
        layout.chunks = (rows + kChunk - 1) / kChunk;
        layout.scaleBytes = std::uint64_t{layout.chunks} * kChunk * scaleBytes(*form);
        layout.columnBytes = std::uint64_t{layout.chunks} * kChunk * form->quantBits / 8;
    } else if (file::typeInfo(type).blockElements == 1) {
        layout.columnBytes =
            roundUp(std::uint64_t{rows} * file::typeInfo(type).blockBytes, gpu::kUnitBytes);
        layout.chunks = static_cast<std::uint32_t>(layout.columnBytes / gpu::kUnitBytes);
    } else {
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
    if (const auto form = columnForm(stored.type)) {
        // Neighbouring blocks of a row are in one cache line.
        for (std::uint32_t row = 0; row < stored.rows; row += kChunk) {
            std::byte* scales = target.data() + row * scaleBytes(*form);
            std::byte* quants = target.data() + layout->scaleBytes + row * form->quantBits / 8;
            for (std::uint32_t i = 0; i < blocks; ++i) {
                const Tile tile = tileOf(stored, row, firstBlock + i);
                putScales(tile, *form, scales + i * layout->blockBytes);
                putQuants(tile, *form, layout->columnBytes, quants + i * layout->blockBytes);
            }
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
