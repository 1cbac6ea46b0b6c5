#pragma once

#include <cstdint>
#include <vector>

#include "engine/file/tensor_type.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// A weight matrix [rows × columns] on the device, in its stored type and rows of rowLayout(). A
// matrix that is larger than what can be bound at once lies in several windows of whole rows.
struct Matrix {
    struct Window {
        gpu::Tensor data;
        std::uint32_t firstRow = 0;
        std::uint32_t rows = 0;
    };

    file::TensorType type = file::TensorType::F32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint64_t rowBytes = 0;  // from row to row
    std::vector<Window> windows;
    std::uint64_t storedBytes = 0;  // in the file, where the type may be another
};

// The same matrix once more, by columns as columnLayout() has it. Without an arena where there is
// none.
struct ColumnMatrix {
    file::TensorType type = file::TensorType::F32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    gpu::Tensor data;
};

// output[t][o] = Σ_i weight[o][i] · input[t][i]. Fewer outputs than the matrix has rows, or fewer
// input columns than it has columns, take its upper left part: the MatFormer slice.
void linear(Pass& pass, const Matrix& weight, const gpu::Tensor& input, const gpu::Tensor& output);

struct SharedTile;

// The same by the kernel that GPUs want for many rows of the input, in tiles of that size. linear()
// takes it where it is faster.
void linearTiled(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                 const gpu::Tensor& output, const SharedTile& tile);

// output[t][o] = Σ_i weight[firstRow + o][i] · input[t][i]. Outputs before the first may be
// computed too, down to the row at which a device can begin to read: they are overwritten with
// their values.
void linearRows(Pass& pass, const Matrix& weight, std::uint32_t firstRow, const gpu::Tensor& input,
                const gpu::Tensor& output);

// output[t] = scale · table[ids[t]], for as many rows as `output` has. `ids` are 32-bit numbers.
void embed(Pass& pass, const Matrix& table, const gpu::Tensor& ids, float scale,
           const gpu::Tensor& output);

}  // namespace engine::kernels
