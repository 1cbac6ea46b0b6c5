#include "engine/kernels/linear.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"
#include "shaders/linear/embed_params.h"
#include "shaders/linear/linear_params.h"

namespace engine::kernels {
namespace {

// Bindings may begin at multiples of this on any device: the most that Vulkan lets one ask for.
constexpr std::uint64_t kBindingAlignment = 256;

// The window without its first rows: at most `rows` fewer, so that it begins where it may.
Matrix::Window withoutRows(const Matrix& matrix, Matrix::Window window, std::uint32_t rows)
{
    while (rows * matrix.rowBytes % kBindingAlignment != 0)
        --rows;
    const std::uint64_t bytes = rows * matrix.rowBytes;
    window.data.offset += bytes;
    window.data.bytes -= bytes;
    window.firstRow += rows;
    window.rows -= rows;
    return window;
}

// The part of a product that reads one window of the weight.
struct WindowProduct {
    gpu::Tensor weight;
    shader::LinearParams params;
};

std::vector<WindowProduct> windowProducts(const Matrix& weight, const gpu::Tensor& input,
                                          const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.rows > 0);
    ENGINE_CHECK(input.columns <= weight.columns && output.columns <= weight.rows);
    ENGINE_CHECK(input.firstElement % 4 == 0 && input.stride % 4 == 0);

    std::vector<WindowProduct> products;
    for (const Matrix::Window& window : weight.windows) {
        if (window.firstRow >= output.columns)
            break;
        products.push_back({window.data,
                            {
                                .columns = input.columns,
                                .rows = std::min(window.rows, output.columns - window.firstRow),
                                .rowUnits = rowUnits(weight),
                                .rowChunks = rowChunks(weight),
                                .tokens = input.rows,
                                .inputStride = input.stride,
                                .inputFirst = input.firstElement,
                                .outputStride = output.stride,
                                .outputFirst = output.firstElement + window.firstRow,
                            }});
    }
    return products;
}

void count(Pass& pass, const Matrix& weight, const shader::LinearParams& params)
{
    pass.countWeights(bytesRead(weight, params.rows, params.columns));
    pass.countFlops(std::uint64_t{2} * params.rows * params.columns * params.tokens);
}

}  // namespace

void linear(Pass& pass, const Matrix& weight, const gpu::Tensor& input, const gpu::Tensor& output)
{
    if (!pass.usesCpuKernels()) {
        if (const auto tile = sharedTileFor(output.columns, input.rows))
            return linearTiled(pass, weight, input, output, *tile);
    }
    const LinearTile tile = linearTileFor(input.rows, pass.usesCpuKernels());
    for (const auto& [data, params] : windowProducts(weight, input, output)) {
        const bool texels = readsTexels(pass, data, input);
        const std::uint32_t together =
            input.rows > 1 ? tile.rows : groupRows(pass, texels, weight.type, input.columns);
        pass.dispatch(texels ? Kernel::LinearReadTexels : Kernel::Linear, weight.type,
                      {pass.sizes().linear, tile.rows, tile.tokens, together > tile.rows ? 1U : 0U},
                      params, {data, input, output},
                      linearGroups({together, tile.tokens}, params.rows, params.tokens));
        count(pass, weight, params);
    }
}

void linearTiled(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                 const gpu::Tensor& output, const SharedTile& tile)
{
    for (const auto& [data, params] : windowProducts(weight, input, output)) {
        pass.dispatch(Kernel::LinearTiled, weight.type,
                      {tile.lanes(), tile.rows, tile.tokens, tile.laneRows, tile.laneTokens},
                      params, {data, input, output},
                      linearGroups({tile.rows, tile.tokens}, params.rows, params.tokens));
        count(pass, weight, params);
    }
}

void linearRows(Pass& pass, const Matrix& weight, std::uint32_t firstRow, const gpu::Tensor& input,
                const gpu::Tensor& output)
{
    for (const Matrix::Window& window : weight.windows) {
        const std::uint32_t begin = std::max(window.firstRow, firstRow);
        const std::uint32_t end =
            std::min(window.firstRow + window.rows, firstRow + output.columns);
        if (begin >= end)
            continue;
        Matrix part = weight;
        part.windows = {withoutRows(weight, window, begin - window.firstRow)};
        const std::uint32_t first = std::exchange(part.windows.front().firstRow, 0);
        part.rows = part.windows.front().rows;
        gpu::Tensor to = output;
        to.firstElement = to.firstElement + first - firstRow;  // may be before the output's first
        to.columns = end - first;
        linear(pass, part, input, to);
    }
}

void embed(Pass& pass, const Matrix& table, const gpu::Tensor& ids, float scale,
           const gpu::Tensor& output)
{
    ENGINE_CHECK(output.columns == table.columns);
    for (const Matrix::Window& window : table.windows) {
        const shader::EmbedParams params{
            .columns = table.columns,
            .rowUnits = rowUnits(table),
            .rowChunks = rowChunks(table),
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
