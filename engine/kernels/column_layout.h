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
//     Q4_0, Q5_0, Q8_0          the scales of all rows, 2 bytes each
//     Q4_1, Q5_1, Q4_K, Q5_K    for each 32 rows their scales and then their offsets, as float32
//     Q6_K                      for each 32 rows the scales of the first sixteen columns and then
//                               those of the others, as float32
//     all types                 for each column the numbers or quants of all rows
//
// Quants of four bits are those of 32 rows in 16 bytes: byte i has those of row i, and above them
// those of row i + 16. All others take 8 bits, with sign and without what is subtracted from them.
// Rows are made up to whole chunks, of 32 or of what 16 bytes of numbers hold; what is behind the
// last row or column is zero. Every weight is what it was.
struct ColumnLayout {
    std::uint64_t blockBytes = 0;   // from 32 columns to the next
    std::uint64_t scaleBytes = 0;   // at the head of these
    std::uint64_t columnBytes = 0;  // from column to column
    std::uint32_t chunks = 0;       // of rows
};

// Columns of a block.
constexpr std::uint32_t kColumnsPerBlock = 32;

// Nothing for types that shaders do not read as stored.
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
