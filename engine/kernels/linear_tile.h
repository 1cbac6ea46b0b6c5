#pragma once

#include <cstdint>
#include <optional>

#include "engine/gpu/recorder.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// Outputs and input rows that one workgroup of a matrix product computes. More of either reuses
// what was loaded, until the sums no longer fit in registers.
struct LinearTile {
    std::uint32_t rows;
    std::uint32_t tokens;
};

LinearTile linearTileFor(std::uint32_t tokens, bool usesCpuKernels) noexcept;

// Outputs of one token in a tile.
std::uint32_t rowsPerGroup(const Pass& pass) noexcept;

// Outputs of one token that a workgroup computes: those of a tile, or as many for each of its
// lanes, where a row is too short for half of the lanes to have something of it. Only a CPU
// driver's lanes are few enough for that to be worth it.
std::uint32_t groupRows(const Pass& pass, bool readsTexels, file::TensorType type,
                        std::uint32_t columns);

// Workgroups for so many outputs (along x, and z where x would not suffice) and rows of the input.
gpu::Workgroups linearGroups(const LinearTile& tile, std::uint32_t outputs, std::uint32_t tokens);

// The tile of linear_tiled.comp, and the block of it that is one lane's.
struct SharedTile {
    std::uint32_t rows;
    std::uint32_t tokens;
    std::uint32_t laneRows;
    std::uint32_t laneTokens;

    std::uint32_t lanes() const noexcept { return rows / laneRows * (tokens / laneTokens); }
};

// The one that suits so many outputs and rows of the input on a GPU, or none: few of either are
// better shared by columns, as linear.comp does it.
std::optional<SharedTile> sharedTileFor(std::uint32_t outputs, std::uint32_t tokens) noexcept;

// Whether a view can hold a tensor, 16 bytes a texel.
bool fitsTexels(const Pass& pass, const gpu::Tensor& tensor) noexcept;

// Whether the product is to read texels: they suit CPU drivers, where a view can hold the whole
// window.
bool readsTexels(const Pass& pass, const gpu::Tensor& weight, const gpu::Tensor& input) noexcept;

// What shaders know of a matrix's rows: RowLayout.
std::uint32_t rowUnits(const Matrix& matrix) noexcept;
std::uint32_t rowChunks(const Matrix& matrix) noexcept;

// Bytes of so many rows and columns of a matrix.
std::uint64_t bytesRead(const Matrix& matrix, std::uint32_t rows, std::uint32_t columns) noexcept;

constexpr std::uint32_t divideUp(std::uint32_t value, std::uint32_t divisor) noexcept
{
    return (value + divisor - 1) / divisor;
}

}  // namespace engine::kernels
