#include "engine/kernels/linear.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"
#include "shaders/linear/embed_params.h"
#include "shaders/linear/linear_params.h"

namespace engine::kernels {
void linear(Pass& pass, const Matrix& weight, const gpu::Tensor& input, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.rows > 0);
    ENGINE_CHECK(input.columns <= weight.columns && output.columns <= weight.rows);
    ENGINE_CHECK(input.firstElement % 4 == 0 && input.stride % 4 == 0);

    const LinearTile tile = linearTileFor(input.rows, pass.usesCpuKernels());
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
        pass.dispatch(readsTexels(pass, window.data, input) ? Kernel::LinearReadTexels
                                                            : Kernel::Linear,
                      weight.type, {pass.sizes().linear, tile.rows, tile.tokens}, params,
                      {window.data, input, output}, linearGroups(tile, rows, input.rows));
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
