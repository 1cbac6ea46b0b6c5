#include "engine/kernels/audio.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"
#include "shaders/audio/conformer_linear_params.h"
#include "shaders/audio/cumulative_norm_params.h"
#include "shaders/audio/front_conv_params.h"
#include "shaders/audio/gated_conv_params.h"
#include "shaders/audio/keep_frames_params.h"
#include "shaders/audio/local_attention_params.h"

namespace engine::kernels {
namespace {

bool isPresent(const gpu::Tensor& tensor)
{
    return tensor.arena != nullptr;
}

// Elements of a frame that a workgroup convolves: few enough for every driver's loops.
std::uint32_t elementsPerGroup(const FrontConvShape& shape)
{
    constexpr std::uint32_t kProducts = 65536;
    const std::uint32_t each = shape.inputChannels * shape.kernelFrames * shape.kernelFrequencies;
    return std::clamp(kProducts / each, 8U, 128U);
}

bool beginsItsBinding(const gpu::Tensor& tensor)
{
    return tensor.firstElement == 0;
}

std::uint32_t stepsOf(const ConformerTail& tail)
{
    return (isPresent(tail.postNorm) ? shader::kStepPostNorm : 0U) |
           (tail.addsResidual ? shader::kStepResidual : 0U) |
           (isPresent(tail.finalNorm) ? shader::kStepFinalNorm : 0U) |
           (isPresent(tail.nextNorm) ? shader::kStepNextNorm : 0U);
}

// A product with what follows it. What a step does not need is bound to something that it does not
// touch.
void dispatchConformerLinear(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                             std::uint32_t steps, const ConformerTail& tail,
                             const ConformerRows& rows)
{
    ENGINE_CHECK(weight.windows.size() == 1 && isEncoderType(weight.type));
    ENGINE_CHECK(input.rows > 0 && input.columns == weight.columns);
    ENGINE_CHECK(input.firstElement % 4 == 0 && input.stride % 4 == 0);
    ENGINE_CHECK(rows.product.columns == weight.rows && beginsItsBinding(rows.product));

    const gpu::Tensor& window = weight.windows.front().data;
    const LinearTile tile = linearTileFor(input.rows, pass.usesCpuKernels());
    const shader::ConformerLinearParams params{
        .columns = input.columns,
        .rows = weight.rows,
        .rowUnits = rowUnits(weight),
        .rowChunks = rowChunks(weight),
        .tokens = input.rows,
        .inputStride = input.stride,
        .inputFirst = input.firstElement,
        .outputStride = rows.product.stride,
        .residualStride = rows.residual.stride,
        .normalizedStride = rows.normalized.stride,
        .groups = divideUp(weight.rows, tile.rows),
        .epsilon = tail.epsilon,
        .clip = tail.clip,
        .nextClip = tail.nextClip,
        .residualWeight = tail.residualWeight,
    };
    const auto orAny = [&](const gpu::Tensor& norm) { return isPresent(norm) ? norm : window; };
    pass.dispatch(readsTexels(pass, window, input) ? Kernel::ConformerLinearReadTexels
                                                   : Kernel::ConformerLinear,
                  weight.type, {pass.sizes().linear, tile.rows, tile.tokens, steps}, params,
                  {window, input, rows.product, rows.residual, orAny(tail.postNorm),
                   orAny(tail.finalNorm), orAny(tail.nextNorm), rows.normalized, rows.arrivals},
                  linearGroups(tile, weight.rows, input.rows));
    pass.countWeights(weight.rows * weight.rowBytes);
    pass.countFlops(std::uint64_t{2} * weight.rows * input.columns * input.rows);
}

}  // namespace

std::uint32_t frontConvSums(const FrontConvShape& shape) noexcept
{
    return divideUp(shape.outputFrequencies * shape.outputChannels, elementsPerGroup(shape));
}

void frontConv(Pass& pass, const FrontConvShape& shape, const gpu::Tensor& input,
               const gpu::Tensor& weight, const gpu::Tensor& output, const gpu::Tensor& sums)
{
    const std::uint32_t taps = shape.kernelFrames * shape.kernelFrequencies;
    ENGINE_CHECK(input.columns == shape.inputFrequencies * shape.inputChannels);
    ENGINE_CHECK(output.columns == shape.outputFrequencies * shape.outputChannels);
    ENGINE_CHECK(weight.columns == shape.outputChannels * shape.inputChannels * taps);
    ENGINE_CHECK(output.rows > 0 && sums.columns >= output.rows * frontConvSums(shape));
    ENGINE_CHECK(beginsItsBinding(input) && beginsItsBinding(output));
    const shader::FrontConvParams params{
        .inputFrames = input.rows,
        .inputStride = input.stride,
        .inputChannels = shape.inputChannels,
        .inputFrequencies = shape.inputFrequencies,
        .outputStride = output.stride,
        .outputChannels = shape.outputChannels,
        .outputFrequencies = shape.outputFrequencies,
        .kernelFrames = shape.kernelFrames,
        .kernelFrequencies = shape.kernelFrequencies,
        .strideFrames = shape.strideFrames,
        .strideFrequencies = shape.strideFrequencies,
        .paddingFrequencies = shape.paddingFrequencies,
        .elementsPerGroup = elementsPerGroup(shape),
    };
    pass.dispatch(Kernel::FrontConv, {}, {pass.sizes().head}, params, {input, weight, output, sums},
                  {output.rows, frontConvSums(shape), 1});
    pass.countWeights(weight.bytes);
    pass.countFlops(std::uint64_t{2} * output.rows * output.columns * shape.inputChannels * taps);
}

void cumulativeNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                    const CarriedNorm& carried, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.columns == output.columns);
    ENGINE_CHECK(input.columns % weight.columns == 0 && beginsItsBinding(input));
    ENGINE_CHECK(carried.deviations.columns >= input.rows);
    const shader::CumulativeNormParams params{
        .width = input.columns,
        .frames = input.rows,
        .framesBefore = carried.frames,
        .carriedSlot = carried.slot,
        .channels = weight.columns,
        .sumsPerFrame = carried.sumsPerFrame,
        .inputStride = input.stride,
        .outputStride = output.stride,
        .outputFirst = output.firstElement,
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::CumulativeDeviation, {}, {pass.sizes().row}, params,
                  {input, carried.sums, carried.moments, carried.deviations}, {input.rows, 1, 1});
    pass.dispatch(Kernel::CumulativeNorm, {}, {pass.sizes().row}, params,
                  {input, carried.sums, carried.deviations, weight, carried.moments, output},
                  {input.rows, 1, 1});
}

void siluLinear(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows);
    dispatchConformerLinear(pass, weight, input, shader::kStepSilu, {},
                            {output, output, output, output});
}

void conformerLinear(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                     const ConformerTail& tail, const ConformerRows& rows)
{
    ENGINE_CHECK(rows.residual.columns == weight.rows && beginsItsBinding(rows.residual));
    ENGINE_CHECK(rows.normalized.columns == weight.rows && beginsItsBinding(rows.normalized));
    ENGINE_CHECK(rows.arrivals.columns >= input.rows);
    dispatchConformerLinear(pass, weight, input, stepsOf(tail), tail, rows);
}

void localAttention(Pass& pass, const LocalAttentionShape& shape, std::uint32_t firstFrame,
                    const gpu::Tensor& qkv, const gpu::Tensor& kept, const gpu::Tensor& queryScale,
                    const gpu::Tensor& positions, const gpu::Tensor& output)
{
    const std::uint32_t width = shape.heads * shape.headDim;
    ENGINE_CHECK(qkv.columns == 3 * width && output.columns == width && qkv.rows == output.rows);
    ENGINE_CHECK(kept.columns == 2 * width && kept.rows + 1 >= shape.window);
    ENGINE_CHECK(queryScale.columns == shape.headDim && positions.columns == shape.window * width);
    const shader::LocalAttentionParams params{
        .firstFrame = firstFrame,
        .width = width,
        .qkvStride = qkv.stride,
        .keptStride = kept.stride,
        .outputStride = output.stride,
        .cap = shape.logitCap,
    };
    pass.dispatch(Kernel::LocalAttention, {}, {pass.sizes().head, shape.headDim, shape.window},
                  params, {qkv, kept, queryScale, positions, output}, {qkv.rows, shape.heads, 1});
    pass.countFlops(std::uint64_t{4} * qkv.rows * shape.window * width);
}

void gatedConv(Pass& pass, const GatedConvShape& shape, std::uint32_t firstFrame,
               const gpu::Tensor& gates, const gpu::Tensor& kept, const gpu::Tensor& weight,
               const gpu::Tensor& norm, const gpu::Tensor& output)
{
    const std::uint32_t width = output.columns;
    ENGINE_CHECK(gates.columns == 2 * width && gates.rows == output.rows);
    ENGINE_CHECK(kept.columns == width && kept.rows + 1 >= shape.taps);
    ENGINE_CHECK(weight.columns == width * shape.taps && norm.columns == width);
    const shader::GatedConvParams params{
        .firstFrame = firstFrame,
        .width = width,
        .inputStride = gates.stride,
        .keptStride = kept.stride,
        .outputStride = output.stride,
        .clip = shape.clip,
        .epsilon = shape.epsilon,
    };
    pass.dispatch(Kernel::GatedConv, {}, {pass.sizes().row, shape.taps}, params,
                  {gates, kept, weight, norm, output}, {output.rows, 1, 1});
    pass.countFlops(std::uint64_t{2} * output.rows * width * shape.taps);
}

void keepFrames(Pass& pass, std::uint32_t firstFrame, const gpu::Tensor& qkv,
                const gpu::Tensor& gates, const KeptFrames& kept)
{
    const std::uint32_t width = kept.gated.columns;
    ENGINE_CHECK(qkv.columns == 3 * width && gates.columns == 2 * width);
    ENGINE_CHECK(qkv.rows == gates.rows && kept.keysValues.columns == 2 * width);
    const std::uint32_t rows = std::min(qkv.rows, std::max(kept.keysValuesRows, kept.gatedRows));
    if (rows == 0)
        return;
    const shader::KeepFramesParams params{
        .firstFrame = firstFrame,
        .rows = qkv.rows,
        .width = width,
        .qkvStride = qkv.stride,
        .gatesStride = gates.stride,
        .keysValuesStride = kept.keysValues.stride,
        .gatedStride = kept.gated.stride,
        .keysValues = kept.keysValuesRows,
        .gated = kept.gatedRows,
    };
    pass.dispatch(Kernel::KeepFrames, {}, {pass.sizes().row}, params,
                  {qkv, gates, kept.keysValues, kept.gated}, {rows, 1, 1});
}

}  // namespace engine::kernels
