#include "engine/kernels/matformer.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "shaders/matformer/altup_merge_params.h"
#include "shaders/matformer/altup_params.h"
#include "shaders/matformer/gated_gelu_params.h"
#include "shaders/matformer/laurel_residual_params.h"
#include "shaders/matformer/match_magnitude_params.h"
#include "shaders/matformer/per_layer_inject_params.h"
#include "shaders/matformer/per_layer_inputs_params.h"

namespace engine::kernels {
namespace {

// Elements that a lane of a dense gate works on: enough to be worth a workgroup.
constexpr std::uint32_t kGateElementsPerLane = 16;

shader::AltupParams altupParams(const Streams& streams, std::uint32_t activeIndex, float epsilon)
{
    return {
        .width = streams.data.columns,
        .stride = streams.data.stride,
        .streamStride = streams.stride,
        .activeIndex = activeIndex,
        .epsilon = epsilon,
    };
}

}  // namespace

gpu::Tensor Streams::stream(std::uint32_t index) const noexcept
{
    gpu::Tensor view = data;
    view.firstElement += index * stride;
    return view;
}

void gatedGelu(Pass& pass, const gpu::Tensor& gate, const gpu::Tensor& up, float multiplier,
               const gpu::Tensor& output)
{
    ENGINE_CHECK(gate.rows == output.rows && up.rows == output.rows);
    ENGINE_CHECK(gate.firstElement == 0 && output.firstElement == 0);
    const bool isSparse = multiplier != 0.0F;
    const shader::GatedGeluParams params{
        .width = output.columns,
        .gateStride = gate.stride,
        .upStride = up.stride,
        .upFirst = up.firstElement,
        .outputStride = output.stride,
        .multiplier = multiplier,
    };
    const std::uint32_t lanes = pass.sizes().row;
    const std::uint32_t groups =
        isSparse ? 1 : std::max(output.columns / (lanes * kGateElementsPerLane), 1U);
    pass.dispatch(Kernel::GatedGelu, {}, {lanes, isSparse ? 1U : 0U}, params, {gate, up, output},
                  {groups, output.rows, 1});
}

void altupPredict(Pass& pass, const Streams& streams, const AltupRouter& router,
                  const gpu::Tensor& coefs, std::uint32_t activeIndex, float epsilon,
                  const Streams& predictions)
{
    ENGINE_CHECK(streams.stride == predictions.stride);
    pass.dispatch(Kernel::AltupPredict, {}, {pass.sizes().row, streams.inputs},
                  altupParams(streams, activeIndex, epsilon),
                  {streams.data, router.norm, router.router, coefs, predictions.data},
                  {streams.data.rows, 1, 1});
}

void altupCorrect(Pass& pass, const Streams& predictions, const gpu::Tensor& activated,
                  const AltupRouter& router, const gpu::Tensor& coefs,
                  const gpu::Tensor& outputScale, std::uint32_t activeIndex, float epsilon,
                  const Streams& streams, const gpu::Tensor& scaled)
{
    ENGINE_CHECK(streams.stride == predictions.stride);
    ENGINE_CHECK(activated.stride == streams.data.stride && scaled.stride == activated.stride);
    pass.dispatch(Kernel::AltupCorrect, {}, {pass.sizes().row, streams.inputs},
                  altupParams(streams, activeIndex, epsilon),
                  {predictions.data, activated, router.norm, router.router, coefs, outputScale,
                   streams.data, scaled},
                  {streams.data.rows, 1, 1});
}

void matchMagnitude(Pass& pass, const Streams& streams, std::uint32_t first,
                    const gpu::Tensor& target)
{
    ENGINE_CHECK(target.stride == streams.data.stride && target.firstElement == 0);
    const shader::MatchMagnitudeParams params{
        .width = streams.data.columns,
        .stride = streams.data.stride,
        .streamStride = streams.stride,
        .streamsFirst = first * streams.stride,
    };
    pass.dispatch(Kernel::MatchMagnitude, {}, {pass.sizes().row}, params, {streams.data, target},
                  {streams.data.rows, streams.inputs - first, 1});
}

void altupMerge(Pass& pass, const gpu::Tensor& first, const Streams& others,
                const gpu::Tensor& output)
{
    ENGINE_CHECK(first.stride == output.stride && first.firstElement == 0);
    const shader::AltupMergeParams params{
        .width = first.columns,
        .stride = first.stride,
        .streamStride = others.stride,
        .others = others.inputs,
    };
    pass.dispatch(Kernel::AltupMerge, {}, {pass.sizes().row}, params, {first, others.data, output},
                  {first.rows, 1, 1});
}

void laurelResidual(Pass& pass, const LaurelInputs& inputs, const gpu::Tensor& attentionNorm,
                    const gpu::Tensor& laurelNorm, float epsilon, const gpu::Tensor& output)
{
    ENGINE_CHECK(inputs.active.stride == output.stride);
    ENGINE_CHECK(inputs.normalized.stride == output.stride);
    const shader::LaurelResidualParams params{
        .width = output.columns,
        .stride = output.stride,
        .activeFirst = inputs.active.firstElement,
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::LaurelResidual, {}, {pass.sizes().row}, params,
                  {inputs.active, inputs.normalized, inputs.attention, inputs.lowRank,
                   attentionNorm, laurelNorm, output},
                  {output.rows, 1, 1});
}

void perLayerInputs(Pass& pass, const gpu::Tensor& projected, const gpu::Tensor& norm,
                    const gpu::Tensor& rows, std::uint32_t hiddenSize, float epsilon,
                    const gpu::Tensor& output)
{
    const std::uint32_t width = norm.columns;
    ENGINE_CHECK(projected.stride == output.stride && rows.stride == output.stride);
    const shader::PerLayerInputsParams params{
        .width = width,
        .stride = output.stride,
        .projectionScale = 1.0F / std::sqrt(static_cast<float>(hiddenSize)),
        .embeddingScale = std::sqrt(static_cast<float>(width)),
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::PerLayerInputs, {}, {pass.sizes().head}, params,
                  {projected, norm, rows, output}, {output.rows, output.columns / width, 1});
}

void perLayerInject(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& norm, float epsilon,
                    const Streams& streams)
{
    ENGINE_CHECK(input.stride == streams.data.stride);
    const shader::PerLayerInjectParams params{
        .width = input.columns,
        .stride = input.stride,
        .streamStride = streams.stride,
        .streams = streams.inputs,
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::PerLayerInject, {}, {pass.sizes().row}, params,
                  {input, norm, streams.data}, {input.rows, 1, 1});
}

}  // namespace engine::kernels
