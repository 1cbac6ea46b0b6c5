#include "engine/kernels/vision.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/file/tensor_type.h"
#include "engine/kernels/linear_tile.h"
#include "shaders/vision/average_pool_params.h"
#include "shaders/vision/channel_norm_params.h"
#include "shaders/vision/conv2d_params.h"
#include "shaders/vision/depthwise_conv2d_params.h"
#include "shaders/vision/join_scales_params.h"
#include "shaders/vision/scale_add_params.h"
#include "shaders/vision/softmax_rows_params.h"

namespace engine::kernels {
namespace {

constexpr std::uint32_t kRowsAlongX = 32768;

// Channels are read in pieces of this many: two vectors of floats, or eight halves.
constexpr std::uint32_t kChannelPieces = 8;

// What conv2d.comp computes in one workgroup, and its lanes.
constexpr std::uint32_t kSharedTile = 64;
constexpr std::uint32_t kSharedLanes = 256;

// What conv2d_texels.comp computes in one lane, where the output is large enough.
constexpr std::uint32_t kLaneRows = 8;
constexpr std::uint32_t kGroupPixels = 16;

// One workgroup for each of `rows`, along x and then z.
gpu::Workgroups groupsFor(std::uint32_t rows)
{
    const std::uint32_t x = std::min(rows, kRowsAlongX);
    return {x, 1, divideUp(rows, x)};
}

bool isCompact(const gpu::Tensor& tensor)
{
    return tensor.firstElement == 0 && tensor.stride % 4 == 0;
}

shader::Conv2dParams paramsFor(const Matrix& weight, const Window& window, MapSize size,
                               const gpu::Tensor& input, const gpu::Tensor& output,
                               const ConvolutionPart& part)
{
    ENGINE_CHECK(size.width == size.height || window.kernel == 1);
    return {
        .channels = weight.columns / (window.kernel * window.kernel),
        .rowUnits = rowUnits(weight),
        .rowChunks = rowChunks(weight),
        .firstRow = part.firstOutput,
        .rows = part.outputs,
        .firstPixel = part.firstPixel,
        .pixels = part.pixels,
        .inputWidth = size.width,
        .inputHeight = size.height,
        .outputWidth = window.outputOf(size).width,
        .stride = window.stride,
        .padding = window.paddingBefore(size.width),
        .inputStride = input.stride,
        .inputFirst = input.firstElement,
        .outputStride = output.stride,
        .outputFirst = output.firstElement,
    };
}

void convolve(Pass& pass, const Matrix& weight, const Window& window, MapSize size,
              const gpu::Tensor& input, const gpu::Tensor& output, const ConvolutionPart& part)
{
    const std::uint32_t taps = window.kernel * window.kernel;
    ENGINE_CHECK(weight.windows.size() == 1);
    ENGINE_CHECK(input.rows == size.pixels() && output.rows == window.outputOf(size).pixels());
    ENGINE_CHECK(input.columns <= weight.columns / taps && weight.columns / taps <= input.stride);
    ENGINE_CHECK(input.stride % 4 == 0 && input.firstElement % 4 == 0);
    ENGINE_CHECK(part.firstOutput + part.outputs <= std::min(weight.rows, output.columns));
    ENGINE_CHECK(part.firstPixel + part.pixels <= output.rows);

    const auto params = paramsFor(weight, window, size, input, output, part);
    const gpu::Tensor& data = weight.windows.front().data;
    if (pass.usesCpuKernels() && fitsTexels(pass, data) && fitsTexels(pass, input)) {
        const std::uint32_t lanes = pass.sizes().row;
        const std::uint32_t rowsPerLane = part.outputs > 2 * lanes ? kLaneRows : 2;
        pass.dispatch(
            Kernel::Conv2dTexels, weight.type, {lanes, window.kernel, rowsPerLane, kGroupPixels},
            params, {data, input, output},
            {divideUp(part.outputs, lanes * rowsPerLane), divideUp(part.pixels, kGroupPixels), 1});
    } else {
        pass.dispatch(Kernel::Conv2d, weight.type, {kSharedLanes, window.kernel}, params,
                      {data, input, output},
                      {divideUp(part.outputs, kSharedTile), divideUp(part.pixels, kSharedTile), 1});
    }
    pass.countFlops(std::uint64_t{2} * part.outputs * taps * input.columns * part.pixels);
}

void normalize(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
               const gpu::Tensor& residual, std::uint32_t epilogue, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.columns == output.columns);
    ENGINE_CHECK(input.stride == output.stride && input.stride == residual.stride);
    ENGINE_CHECK(weight.columns == input.columns);
    ENGINE_CHECK(isCompact(input) && isCompact(output) && isCompact(residual));
    const gpu::Workgroups groups = groupsFor(input.rows);
    const shader::ChannelNormParams params{
        .pixels = input.rows,
        .channels = input.columns,
        .vectors = input.stride / 4,
        .groupsX = groups.x,
        .epsilon = epsilon,
    };
    const bool readsTexels =
        pass.usesCpuKernels() && fitsTexels(pass, input) && fitsTexels(pass, residual);
    pass.dispatch(readsTexels ? Kernel::ChannelNormReadTexels : Kernel::ChannelNorm, {},
                  {pass.sizes().row, epilogue}, params, {input, weight, residual, output}, groups);
}

}  // namespace

MapSize Window::outputOf(MapSize input) const noexcept
{
    return {divideUp(input.width, stride), divideUp(input.height, stride)};
}

std::uint32_t Window::paddingBefore(std::uint32_t size) const noexcept
{
    const std::uint32_t needed = (divideUp(size, stride) - 1) * stride + kernel;
    return needed > size ? (needed - size) / 2 : 0;
}

std::uint32_t paddedChannels(std::uint32_t channels) noexcept
{
    return divideUp(channels, kChannelPieces) * kChannelPieces;
}

void conv2d(Pass& pass, const Matrix& weight, const Window& window, MapSize size,
            const gpu::Tensor& input, const gpu::Tensor& output, const ConvolutionPart& part)
{
    convolve(pass, weight, window, size, input, output, part);
    pass.countWeights(part.outputs * weight.rowBytes);
}

void multiplyRows(Pass& pass, const gpu::Tensor& a, const gpu::Tensor& b, const gpu::Tensor& output,
                  const ConvolutionPart& part)
{
    ENGINE_CHECK(a.columns == b.columns && b.firstElement == 0);
    const std::uint32_t columns = (a.columns + 3) / 4 * 4;
    Matrix rows{
        file::TensorType::F32, b.rows, columns, std::uint64_t{b.stride} * sizeof(float), {}};
    rows.windows.push_back({b, 0, b.rows});
    convolve(pass, rows, {}, {a.rows, 1}, a, output, part);
}

void depthwiseConv2d(Pass& pass, const gpu::Tensor& weight, const Window& window, MapSize size,
                     const gpu::Tensor& input, const gpu::Tensor& output)
{
    const MapSize outputSize = window.outputOf(size);
    ENGINE_CHECK(size.width == size.height);
    ENGINE_CHECK(input.rows == size.pixels() && output.rows == outputSize.pixels());
    ENGINE_CHECK(weight.rows == window.kernel * window.kernel);
    ENGINE_CHECK(weight.columns == input.columns && output.columns == input.columns);
    ENGINE_CHECK(isCompact(weight) && isCompact(input) && isCompact(output));
    const shader::DepthwiseConv2dParams params{
        .vectors = divideUp(input.columns, 4),
        .kernel = window.kernel,
        .inputWidth = size.width,
        .inputHeight = size.height,
        .outputWidth = outputSize.width,
        .stride = window.stride,
        .padding = window.paddingBefore(size.width),
        .weightVectors = weight.stride / 4,
        .inputVectors = input.stride / 4,
        .outputStride = output.stride,
    };
    const bool readsTexels = pass.usesCpuKernels() && fitsTexels(pass, input);
    pass.dispatch(readsTexels ? Kernel::DepthwiseConv2dReadTexels : Kernel::DepthwiseConv2d, {},
                  {pass.sizes().row}, params, {weight, input, output},
                  {outputSize.width, outputSize.height, 1});
    pass.countWeights(weight.rows * std::uint64_t{weight.columns} * sizeof(float));
    pass.countFlops(std::uint64_t{2} * output.rows * output.columns * weight.rows);
}

void channelNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                 const gpu::Tensor& output)
{
    normalize(pass, input, weight, epsilon, input, shader::kEpilogueNone, output);
}

void channelNormGelu(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                     const gpu::Tensor& output)
{
    normalize(pass, input, weight, epsilon, input, shader::kEpilogueGelu, output);
}

void channelNormAdd(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                    const gpu::Tensor& residual, const gpu::Tensor& output)
{
    normalize(pass, input, weight, epsilon, residual, shader::kEpilogueAdd, output);
}

void softmaxRows(Pass& pass, const gpu::Tensor& input, float scale, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.columns == output.columns);
    ENGINE_CHECK(input.stride == output.stride && isCompact(input) && isCompact(output));
    const gpu::Workgroups groups = groupsFor(input.rows);
    const shader::SoftmaxRowsParams params{
        .rows = input.rows,
        .width = input.columns,
        .vectors = input.stride / 4,
        .groupsX = groups.x,
        .scale = scale,
    };
    const bool readsTexels = pass.usesCpuKernels() && fitsTexels(pass, input);
    pass.dispatch(readsTexels ? Kernel::SoftmaxRowsReadTexels : Kernel::SoftmaxRows, {},
                  {pass.sizes().row}, params, {input, output}, groups);
}

void scaleAdd(Pass& pass, const gpu::Tensor& residual, const gpu::Tensor& input,
              const gpu::Tensor& scale, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.rows == residual.rows);
    ENGINE_CHECK(input.stride == output.stride && input.stride == residual.stride);
    ENGINE_CHECK(scale.columns == input.columns && scale.stride == input.stride);
    ENGINE_CHECK(isCompact(input) && isCompact(output) && isCompact(residual));
    const gpu::Workgroups groups = groupsFor(input.rows);
    const shader::ScaleAddParams params{
        .pixels = input.rows, .vectors = input.stride / 4, .groupsX = groups.x};
    const bool readsTexels = pass.usesCpuKernels() && fitsTexels(pass, input);
    pass.dispatch(readsTexels ? Kernel::ScaleAddReadTexels : Kernel::ScaleAdd, {},
                  {pass.sizes().row}, params, {residual, input, scale, output}, groups);
}

void joinScales(Pass& pass, const gpu::Tensor& fine, MapSize fineSize, const gpu::Tensor& coarse,
                MapSize coarseSize, const gpu::Tensor& output)
{
    ENGINE_CHECK(fine.rows == fineSize.pixels() && coarse.rows == coarseSize.pixels());
    ENGINE_CHECK(output.rows == fine.rows && output.columns == fine.columns + coarse.columns);
    ENGINE_CHECK(isCompact(fine) && isCompact(coarse) && isCompact(output));
    const shader::JoinScalesParams params{
        .fineChannels = fine.columns,
        .coarseChannels = coarse.columns,
        .width = fineSize.width,
        .height = fineSize.height,
        .coarseWidth = coarseSize.width,
        .coarseHeight = coarseSize.height,
        .fineStride = fine.stride,
        .coarseStride = coarse.stride,
        .outputStride = output.stride,
    };
    pass.dispatch(Kernel::JoinScales, {}, {pass.sizes().row}, params, {fine, coarse, output},
                  {fineSize.width, fineSize.height, 1});
}

void averagePool(Pass& pass, const gpu::Tensor& input, MapSize size, std::uint32_t window,
                 const gpu::Tensor& output)
{
    ENGINE_CHECK(size.width % window == 0 && size.height % window == 0);
    ENGINE_CHECK(input.rows == size.pixels() && input.columns == output.columns);
    const MapSize outputSize{size.width / window, size.height / window};
    ENGINE_CHECK(output.rows == outputSize.pixels() && isCompact(input) && isCompact(output));
    const shader::AveragePoolParams params{
        .channels = input.columns,
        .window = window,
        .inputWidth = size.width,
        .outputWidth = outputSize.width,
        .inputStride = input.stride,
        .outputStride = output.stride,
    };
    pass.dispatch(Kernel::AveragePool, {}, {pass.sizes().row}, params, {input, output},
                  {outputSize.width, outputSize.height, 1});
}

}  // namespace engine::kernels
