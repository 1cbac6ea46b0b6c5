#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/file/tensor_type.h"

namespace engine::kernels {

// How a matrix lies on a device by columns, for products with inputs that are mostly zeros: the
// columns that those would be multiplied with need not be read. Blocks of 32 columns follow one
// another, as many as begin, and in each lies
//
//     Q4_0, Q8_0       the scales of all rows, 2 bytes each
//     all types        for each column the quants, or numbers, of all rows, as rowLayout() has
//     those of
//                      a row in chunks of 32
//
// Rows are made up to whole chunks, or 16 bytes of numbers; what is behind the last row or column
// is zero. Every number is as stored, in as many bits.
struct ColumnLayout {
    std::uint64_t blockBytes = 0;   // from 32 columns to the next
    std::uint64_t scaleBytes = 0;   // at the head of these
    std::uint64_t columnBytes = 0;  // from column to column
    std::uint32_t chunks = 0;       // of rows: of 32, or of as many numbers as 16 bytes hold
};

// Columns of a block.
constexpr std::uint32_t kColumnsPerBlock = 32;

// Nothing for types that have no such form.
std::optional<ColumnLayout> columnLayout(file::TensorType type, std::uint32_t rows) noexcept;

// Rows as they are stored in a file, one after the other.
struct StoredRows {
    file::TensorType type = file::TensorType::F32;
    std::span<const std::byte> bytes;
    std::uint64_t rowBytes = 0;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
};

// Lays out blocks of columns from `firstBlock` on, as many as fill `target`.
void layOutColumns(const StoredRows& stored, std::uint32_t firstBlock, std::span<std::byte> target);

}  // namespace engine::kernels
