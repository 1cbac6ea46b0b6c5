#include "engine/kernels/linear_tile.h"

#include <algorithm>
#include <bit>

#include "engine/kernels/row_layout.h"

namespace engine::kernels {
namespace {

constexpr std::uint32_t kGroupsAlongX = 32768;

}  // namespace

LinearTile linearTileFor(std::uint32_t tokens, bool usesCpuKernels) noexcept
{
    // Powers of two, so that few kernels serve all numbers.
    const std::uint32_t most = usesCpuKernels ? 8 : 4;
    const std::uint32_t together = std::min(std::bit_ceil(std::max(tokens, 1U)), most);
    return {usesCpuKernels ? 8U : 4U, together};
}

gpu::Workgroups linearGroups(const LinearTile& tile, std::uint32_t outputs, std::uint32_t tokens)
{
    const std::uint32_t groups = divideUp(outputs, tile.rows);
    const std::uint32_t groupsX = std::min(groups, kGroupsAlongX);
    return {groupsX, divideUp(tokens, tile.tokens), divideUp(groups, groupsX)};
}

std::uint32_t rowUnits(const Matrix& matrix) noexcept
{
    return static_cast<std::uint32_t>(matrix.rowBytes / gpu::kUnitBytes);
}

std::uint32_t rowChunks(const Matrix& matrix) noexcept
{
    return rowLayout(matrix.type, matrix.columns).chunks;
}

std::uint64_t bytesRead(const Matrix& matrix, std::uint32_t rows, std::uint32_t columns) noexcept
{
    return rows * matrix.rowBytes * columns / matrix.columns;
}

bool fitsTexels(const Pass& pass, const gpu::Tensor& tensor) noexcept
{
    return tensor.bytes / gpu::kUnitBytes <= pass.limits().maxTexels;
}

bool readsTexels(const Pass& pass, const gpu::Tensor& weight, const gpu::Tensor& input) noexcept
{
    return pass.usesCpuKernels() && pass.limits().subgroupsShuffle && fitsTexels(pass, weight) &&
           fitsTexels(pass, input);
}

}  // namespace engine::kernels
