#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/file/tensor_type.h"

namespace engine::kernels {

// How a row of weights lies on a device. Shaders read 16 bytes at a time, which the blocks of files
// (spec 01 §4.5) rarely allow, so what is alike in all chunks of 32 elements of a row lies
// together:
//
//     F32, F16, BF16   as stored
//     Q8_0             quants, 32 bytes a chunk; scales, 2
//     others           low four bits, 16 bytes a chunk: byte i has those of element i, and above
//                      them those of i + 16; then
//         Q4_0         scales, 2 bytes a chunk
//         Q4_1         scales and minimums, 2 + 2
//         Q5_0         fifth bits, 4: bit i is of element i; scales, 2
//         Q5_1         fifth bits, 4; scales and minimums, 2 + 2
//         Q4_K         for each 256 elements the block's first 16 bytes: its scales and minimums
//         Q5_K         fifth bits, 4; the same
//         Q6_K         upper two bits, 8: those of 16 elements a word, at bit 8·(i mod 4) +
//                      2·(i mod 16 / 4); scales of each 16 elements, 1 + 1; for each 256, 2
//
// Rows begin at multiples of 16 bytes, and have an even number of chunks, the last of which may be
// zeros. Every number is as stored, in as many bits.
struct RowLayout {
    std::uint64_t bytes = 0;   // from row to row
    std::uint32_t chunks = 0;  // of 32 elements; 0 for float types
};

// `columns` are whole blocks of the type.
RowLayout rowLayout(file::TensorType type, std::uint32_t columns) noexcept;

// Lays out one row of a type that isOnDevice(). `row` has rowLayout().bytes; what is behind the
// last number becomes zero.
void layOutRow(file::TensorType type, std::span<const std::byte> stored, std::span<std::byte> row);

}  // namespace engine::kernels
