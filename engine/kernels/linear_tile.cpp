#include "engine/kernels/linear_tile.h"

#include <algorithm>
#include <bit>

#include "engine/kernels/row_layout.h"

namespace engine::kernels {
namespace {

constexpr std::uint32_t kGroupsAlongX = 32768;

// Columns that a lane takes at a time: 16 bytes of a row, or a pair of chunks.
std::uint32_t columnsTogether(file::TensorType type)
{
    const file::TensorTypeInfo& info = file::typeInfo(type);
    return info.blockElements > 1 ? 64 : static_cast<std::uint32_t>(16 / info.blockBytes);
}

}  // namespace

LinearTile linearTileFor(std::uint32_t tokens, bool usesCpuKernels) noexcept
{
    // Powers of two, so that few kernels serve all numbers.
    const std::uint32_t most = usesCpuKernels ? 8 : 4;
    const std::uint32_t together = std::min(std::bit_ceil(std::max(tokens, 1U)), most);
    return {usesCpuKernels ? 8U : 4U, together};
}

std::uint32_t rowsPerGroup(const Pass& pass) noexcept
{
    return linearTileFor(1, pass.usesCpuKernels()).rows;
}

std::uint32_t groupRows(const Pass& pass, bool readsTexels, file::TensorType type,
                        std::uint32_t columns)
{
    const std::uint32_t rows = rowsPerGroup(pass);
    const std::uint32_t lanes = pass.sizes().linear;
    return readsTexels && 2 * divideUp(columns, columnsTogether(type)) <= lanes ? rows * lanes
                                                                                : rows;
}

std::optional<SharedTile> sharedTileFor(std::uint32_t outputs, std::uint32_t tokens) noexcept
{
    // Fewer sums are too few tiles to fill a GPU.
    constexpr std::uint64_t kLeastSums = std::uint64_t{1} << 15;
    // Of so many large tiles, which load less for each sum, every workgroup has enough to do.
    constexpr std::uint64_t kManyTiles = 256;
    if (tokens < 2 || std::uint64_t{outputs} * tokens < kLeastSums)
        return std::nullopt;
    if (tokens <= 8)
        return SharedTile{64, 8, 2, 2};
    if (tokens <= 16)
        return SharedTile{64, 16, 2, 2};
    constexpr SharedTile kLarge{64, 64, 4, 8};
    const std::uint64_t tiles =
        std::uint64_t{divideUp(outputs, kLarge.rows)} * divideUp(tokens, kLarge.tokens);
    return tiles >= kManyTiles ? kLarge : SharedTile{32, 32, 2, 4};
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
