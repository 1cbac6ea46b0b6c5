#include "engine/kernels/linear_tile.h"

#include <algorithm>

namespace engine::kernels {
namespace {

constexpr std::uint32_t kGroupsAlongX = 32768;

}  // namespace

LinearTile linearTileFor(std::uint32_t tokens, bool usesCpuKernels) noexcept
{
    if (tokens == 1)
        return {usesCpuKernels ? 8U : 4U, 1};
    return {4, std::min(tokens, 4U)};
}

gpu::Workgroups linearGroups(const LinearTile& tile, std::uint32_t outputs, std::uint32_t tokens)
{
    const std::uint32_t groups = divideUp(outputs, tile.rows);
    const std::uint32_t groupsX = std::min(groups, kGroupsAlongX);
    return {groupsX, divideUp(tokens, tile.tokens), divideUp(groups, groupsX)};
}

bool readsTexels(const Pass& pass, const gpu::Tensor& weight, const gpu::Tensor& input) noexcept
{
    return pass.usesCpuKernels() && weight.bytes / 4 <= pass.limits().maxTexels &&
           input.bytes / 16 <= pass.limits().maxTexels;
}

}  // namespace engine::kernels
