#include "engine/kernels/linear.h"

#include <algorithm>

#include "engine/base/check.h"
#include "shaders/linear/embed_params.h"
#include "shaders/linear/linear_params.h"

namespace engine::kernels {
namespace {

constexpr std::uint32_t kGroupsAlongX = 32768;

std::uint32_t divideUp(std::uint32_t value, std::uint32_t divisor)
{
    return (value + divisor - 1) / divisor;
}

// Outputs and input rows that one workgroup computes. More of either reuses what was loaded, until
// the sums no longer fit in registers.
struct Tile {
    std::uint32_t rows;
    std::uint32_t tokens;
};

// Texels suit CPU drivers, where a view can hold the whole window.
bool readsTexels(const Pass& pass, const gpu::Tensor& weight, const gpu::Tensor& input)
{
    return pass.isSoftware() && weight.bytes / 4 <= pass.limits().maxTexels &&
           input.bytes / 16 <= pass.limits().maxTexels;
}

Tile tileFor(std::uint32_t tokens, bool isSoftware)
{
    if (tokens == 1)
        return {isSoftware ? 8U : 4U, 1};
    return {4, std::min(tokens, 4U)};
}

}  // namespace

void linear(Pass& pass, const Matrix& weight, const gpu::Tensor& input, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.rows > 0);
    ENGINE_CHECK(input.columns <= weight.columns && output.columns <= weight.rows);
    ENGINE_CHECK(input.firstElement % 4 == 0 && input.stride % 4 == 0);

    const Tile tile = tileFor(input.rows, pass.isSoftware());
    for (const Matrix::Window& window : weight.windows) {
        if (window.firstRow >= output.columns)
            break;
        const std::uint32_t rows = std::min(window.rows, output.columns - window.firstRow);
        const shader::LinearParams params{
            .columns = input.columns,
            .rows = rows,
            .rowHalves = static_cast<std::uint32_t>(weight.rowBytes / 2),
            .tokens = input.rows,
            .inputStride = input.stride,
            .inputFirst = input.firstElement,
            .outputStride = output.stride,
            .outputFirst = output.firstElement + window.firstRow,
        };
        const std::uint32_t groups = divideUp(rows, tile.rows);
        const std::uint32_t groupsX = std::min(groups, kGroupsAlongX);
        pass.dispatch(readsTexels(pass, window.data, input) ? Kernel::LinearReadTexels
                                                            : Kernel::Linear,
                      weight.type, {pass.sizes().linear, tile.rows, tile.tokens}, params,
                      {window.data, input, output},
                      {groupsX, divideUp(input.rows, tile.tokens), divideUp(groups, groupsX)});
        pass.countWeights(rows * weight.rowBytes / weight.columns * input.columns);
        pass.countFlops(std::uint64_t{2} * rows * input.columns * input.rows);
    }
}

void embed(Pass& pass, const Matrix& table, const gpu::Tensor& ids, float scale,
           const gpu::Tensor& output)
{
    ENGINE_CHECK(output.columns == table.columns);
    for (const Matrix::Window& window : table.windows) {
        const shader::EmbedParams params{
            .columns = table.columns,
            .rowHalves = static_cast<std::uint32_t>(table.rowBytes / 2),
            .firstId = window.firstRow,
            .ids = window.rows,
            .scale = scale,
            .outputStride = output.stride,
            .outputFirst = output.firstElement,
        };
        pass.dispatch(Kernel::Embed, table.type, {pass.sizes().linear}, params,
                      {window.data, ids, output}, {output.rows, 1, 1});
    }
    pass.countWeights(output.rows * table.rowBytes);
}

}  // namespace engine::kernels
