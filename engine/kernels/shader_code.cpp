#include "engine/kernels/shader_code.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "engine/base/check.h"

#include "spirv/add_rms_norm.spv.h"
#include "spirv/altup_correct.spv.h"
#include "spirv/altup_enter.spv.h"
#include "spirv/altup_enter_read_texels.spv.h"
#include "spirv/altup_leave.spv.h"
#include "spirv/altup_merge.spv.h"
#include "spirv/altup_predict.spv.h"
#include "spirv/attention.spv.h"
#include "spirv/attention_split.spv.h"
#include "spirv/attention_subgroup.spv.h"
#include "spirv/average_pool.spv.h"
#include "spirv/channel_norm.spv.h"
#include "spirv/channel_norm_read_texels.spv.h"
#include "spirv/conformer_linear.spv.h"
#include "spirv/conformer_linear_read_texels.spv.h"
#include "spirv/conv2d.spv.h"
#include "spirv/conv2d_texels.spv.h"
#include "spirv/cumulative_deviation.spv.h"
#include "spirv/cumulative_norm.spv.h"
#include "spirv/depthwise_conv2d.spv.h"
#include "spirv/depthwise_conv2d_read_texels.spv.h"
#include "spirv/embed.spv.h"
#include "spirv/front_conv.spv.h"
#include "spirv/gated_conv.spv.h"
#include "spirv/gated_gelu.spv.h"
#include "spirv/join_scales.spv.h"
#include "spirv/keep_frames.spv.h"
#include "spirv/laurel_residual.spv.h"
#include "spirv/linear.spv.h"
#include "spirv/linear_correct.spv.h"
#include "spirv/linear_correct_read_texels.spv.h"
#include "spirv/linear_gated.spv.h"
#include "spirv/linear_gated_read_texels.spv.h"
#include "spirv/linear_laurel.spv.h"
#include "spirv/linear_laurel_read_texels.spv.h"
#include "spirv/linear_parts.spv.h"
#include "spirv/linear_parts_read_texels.spv.h"
#include "spirv/linear_read_texels.spv.h"
#include "spirv/linear_tiled.spv.h"
#include "spirv/local_attention.spv.h"
#include "spirv/match_magnitude.spv.h"
#include "spirv/per_layer_inject.spv.h"
#include "spirv/per_layer_inputs.spv.h"
#include "spirv/qkv_norm_rope.spv.h"
#include "spirv/rms_norm.spv.h"
#include "spirv/sample.spv.h"
#include "spirv/scale_add.spv.h"
#include "spirv/scale_add_read_texels.spv.h"
#include "spirv/score.spv.h"
#include "spirv/softcap.spv.h"
#include "spirv/softmax_rows.spv.h"
#include "spirv/softmax_rows_read_texels.spv.h"
#include "spirv/sparse_correct.spv.h"
#include "spirv/sparse_correct_read_texels.spv.h"
#include "spirv/sparse_gate.spv.h"
#include "spirv/sparse_gate_read_texels.spv.h"
#include "spirv/sparse_up.spv.h"
#include "spirv/sparse_up_read_texels.spv.h"

namespace engine::kernels {
namespace {

using file::TensorType;

template <typename Variants>
std::span<const std::uint32_t> of(const Variants& variants, TensorType type)
{
    const auto* const found =
        std::find_if(std::begin(variants), std::end(variants), [type](const auto& variant) {
            return variant.first == file::typeInfo(type).name;
        });
    ENGINE_CHECK(found != std::end(variants));
    return found->second;
}

// By columns some types lie as others do (column_layout.h).
TensorType typeByColumns(TensorType type)
{
    switch (type) {
    case TensorType::Q4_1:
        return TensorType::Q4_K;
    case TensorType::Q5_0:
        return TensorType::Q8_0;
    case TensorType::Q5_1:
        return TensorType::Q5_K;
    default:
        return type;
    }
}

}  // namespace

std::span<const std::uint32_t> shaderCode(Kernel kernel, TensorType type)
{
    const TensorType cacheType = type == TensorType::F16 ? TensorType::F16 : TensorType::F32;
    switch (kernel) {
    case Kernel::Linear:
        return of(linear, type);
    case Kernel::LinearReadTexels:
        return of(linear_read_texels, type);
    case Kernel::LinearTiled:
        return of(linear_tiled, type);
    case Kernel::Embed:
        return of(embed, type);
    case Kernel::RmsNorm:
        return rms_norm;
    case Kernel::AddRmsNorm:
        return add_rms_norm;
    case Kernel::QkvNormRope:
        return of(qkv_norm_rope, cacheType);
    case Kernel::Attention:
        return of(attention, cacheType);
    case Kernel::AttentionSplit:
        return of(attention_split, cacheType);
    case Kernel::AttentionSubgroup:
        return of(attention_subgroup, cacheType);
    case Kernel::GatedGelu:
        return gated_gelu;
    case Kernel::LaurelResidual:
        return laurel_residual;
    case Kernel::AltupPredict:
        return altup_predict;
    case Kernel::AltupCorrect:
        return altup_correct;
    case Kernel::MatchMagnitude:
        return match_magnitude;
    case Kernel::AltupMerge:
        return altup_merge;
    case Kernel::PerLayerInputs:
        return per_layer_inputs;
    case Kernel::PerLayerInject:
        return per_layer_inject;
    case Kernel::LinearParts:
        return of(linear_parts, type);
    case Kernel::LinearPartsReadTexels:
        return of(linear_parts_read_texels, type);
    case Kernel::LinearGated:
        return of(linear_gated, type);
    case Kernel::LinearGatedReadTexels:
        return of(linear_gated_read_texels, type);
    case Kernel::LinearLaurel:
        return of(linear_laurel, type);
    case Kernel::LinearLaurelReadTexels:
        return of(linear_laurel_read_texels, type);
    case Kernel::LinearCorrect:
        return of(linear_correct, type);
    case Kernel::LinearCorrectReadTexels:
        return of(linear_correct_read_texels, type);
    case Kernel::SparseGate:
        return of(sparse_gate, type);
    case Kernel::SparseGateReadTexels:
        return of(sparse_gate_read_texels, type);
    case Kernel::SparseUp:
        return of(sparse_up, type);
    case Kernel::SparseUpReadTexels:
        return of(sparse_up_read_texels, type);
    case Kernel::SparseCorrect:
        return of(sparse_correct, typeByColumns(type));
    case Kernel::SparseCorrectReadTexels:
        return of(sparse_correct_read_texels, typeByColumns(type));
    case Kernel::AltupEnter:
        return altup_enter;
    case Kernel::AltupEnterReadTexels:
        return altup_enter_read_texels;
    case Kernel::AltupLeave:
        return altup_leave;
    case Kernel::FrontConv:
        return front_conv;
    case Kernel::CumulativeDeviation:
        return cumulative_deviation;
    case Kernel::CumulativeNorm:
        return cumulative_norm;
    case Kernel::ConformerLinear:
        return of(conformer_linear, type);
    case Kernel::ConformerLinearReadTexels:
        return of(conformer_linear_read_texels, type);
    case Kernel::LocalAttention:
        return local_attention;
    case Kernel::GatedConv:
        return gated_conv;
    case Kernel::KeepFrames:
        return keep_frames;
    case Kernel::Softcap:
        return softcap;
    case Kernel::Score:
        return score;
    case Kernel::Sample:
        return sample;
    case Kernel::Conv2d:
        return of(conv2d, type);
    case Kernel::Conv2dTexels:
        return of(conv2d_texels, type);
    case Kernel::DepthwiseConv2d:
        return depthwise_conv2d;
    case Kernel::DepthwiseConv2dReadTexels:
        return depthwise_conv2d_read_texels;
    case Kernel::ChannelNorm:
        return channel_norm;
    case Kernel::ChannelNormReadTexels:
        return channel_norm_read_texels;
    case Kernel::SoftmaxRows:
        return softmax_rows;
    case Kernel::SoftmaxRowsReadTexels:
        return softmax_rows_read_texels;
    case Kernel::ScaleAdd:
        return scale_add;
    case Kernel::ScaleAddReadTexels:
        return scale_add_read_texels;
    case Kernel::JoinScales:
        return join_scales;
    case Kernel::AveragePool:
        return average_pool;
    }
    ENGINE_CHECK(false);
    return {};
}

bool isOnDevice(TensorType type) noexcept
{
    switch (type) {
    case TensorType::Q2_K:
    case TensorType::Q3_K:
    case TensorType::IQ4_NL:
    case TensorType::IQ4_XS:
        return false;
    default:
        return true;
    }
}

bool isEncoderType(TensorType type) noexcept
{
    return type == TensorType::F32 || type == TensorType::F16 || type == TensorType::BF16 ||
           type == TensorType::Q8_0;
}

}  // namespace engine::kernels
