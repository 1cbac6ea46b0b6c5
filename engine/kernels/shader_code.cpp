#include "engine/kernels/shader_code.h"

#include "engine/base/check.h"
#include "engine/kernels/fused_shader_code.h"

#include "spirv/add_rms_norm.spv.h"
#include "spirv/altup_correct.spv.h"
#include "spirv/altup_merge.spv.h"
#include "spirv/altup_predict.spv.h"
#include "spirv/attention_f16.spv.h"
#include "spirv/attention_f32.spv.h"
#include "spirv/attention_split_f16.spv.h"
#include "spirv/attention_split_f32.spv.h"
#include "spirv/attention_subgroup_f16.spv.h"
#include "spirv/attention_subgroup_f32.spv.h"
#include "spirv/average_pool.spv.h"
#include "spirv/channel_norm.spv.h"
#include "spirv/channel_norm_read_texels.spv.h"
#include "spirv/conformer_linear_bf16.spv.h"
#include "spirv/conformer_linear_f16.spv.h"
#include "spirv/conformer_linear_f32.spv.h"
#include "spirv/conformer_linear_q8_0.spv.h"
#include "spirv/conformer_linear_read_texels_bf16.spv.h"
#include "spirv/conformer_linear_read_texels_f16.spv.h"
#include "spirv/conformer_linear_read_texels_f32.spv.h"
#include "spirv/conformer_linear_read_texels_q8_0.spv.h"
#include "spirv/conv2d_bf16.spv.h"
#include "spirv/conv2d_f16.spv.h"
#include "spirv/conv2d_f32.spv.h"
#include "spirv/conv2d_q8_0.spv.h"
#include "spirv/conv2d_texels_bf16.spv.h"
#include "spirv/conv2d_texels_f16.spv.h"
#include "spirv/conv2d_texels_f32.spv.h"
#include "spirv/conv2d_texels_q8_0.spv.h"
#include "spirv/cumulative_deviation.spv.h"
#include "spirv/cumulative_norm.spv.h"
#include "spirv/depthwise_conv2d.spv.h"
#include "spirv/depthwise_conv2d_read_texels.spv.h"
#include "spirv/embed_bf16.spv.h"
#include "spirv/embed_f16.spv.h"
#include "spirv/embed_f32.spv.h"
#include "spirv/embed_q4_0.spv.h"
#include "spirv/embed_q4_1.spv.h"
#include "spirv/embed_q4_k.spv.h"
#include "spirv/embed_q5_0.spv.h"
#include "spirv/embed_q5_1.spv.h"
#include "spirv/embed_q5_k.spv.h"
#include "spirv/embed_q6_k.spv.h"
#include "spirv/embed_q8_0.spv.h"
#include "spirv/front_conv.spv.h"
#include "spirv/gated_conv.spv.h"
#include "spirv/gated_gelu.spv.h"
#include "spirv/join_scales.spv.h"
#include "spirv/keep_frames.spv.h"
#include "spirv/laurel_residual.spv.h"
#include "spirv/linear_bf16.spv.h"
#include "spirv/linear_f16.spv.h"
#include "spirv/linear_f32.spv.h"
#include "spirv/linear_q4_0.spv.h"
#include "spirv/linear_q4_1.spv.h"
#include "spirv/linear_q4_k.spv.h"
#include "spirv/linear_q5_0.spv.h"
#include "spirv/linear_q5_1.spv.h"
#include "spirv/linear_q5_k.spv.h"
#include "spirv/linear_q6_k.spv.h"
#include "spirv/linear_q8_0.spv.h"
#include "spirv/linear_read_texels_bf16.spv.h"
#include "spirv/linear_read_texels_f16.spv.h"
#include "spirv/linear_read_texels_f32.spv.h"
#include "spirv/linear_read_texels_q4_0.spv.h"
#include "spirv/linear_read_texels_q4_1.spv.h"
#include "spirv/linear_read_texels_q4_k.spv.h"
#include "spirv/linear_read_texels_q5_0.spv.h"
#include "spirv/linear_read_texels_q5_1.spv.h"
#include "spirv/linear_read_texels_q5_k.spv.h"
#include "spirv/linear_read_texels_q6_k.spv.h"
#include "spirv/linear_read_texels_q8_0.spv.h"
#include "spirv/linear_tiled_bf16.spv.h"
#include "spirv/linear_tiled_f16.spv.h"
#include "spirv/linear_tiled_f32.spv.h"
#include "spirv/linear_tiled_q4_0.spv.h"
#include "spirv/linear_tiled_q4_1.spv.h"
#include "spirv/linear_tiled_q4_k.spv.h"
#include "spirv/linear_tiled_q5_0.spv.h"
#include "spirv/linear_tiled_q5_1.spv.h"
#include "spirv/linear_tiled_q5_k.spv.h"
#include "spirv/linear_tiled_q6_k.spv.h"
#include "spirv/linear_tiled_q8_0.spv.h"
#include "spirv/local_attention.spv.h"
#include "spirv/match_magnitude.spv.h"
#include "spirv/per_layer_inject.spv.h"
#include "spirv/per_layer_inputs.spv.h"
#include "spirv/qkv_norm_rope_f16.spv.h"
#include "spirv/qkv_norm_rope_f32.spv.h"
#include "spirv/rms_norm.spv.h"
#include "spirv/sample.spv.h"
#include "spirv/scale_add.spv.h"
#include "spirv/scale_add_read_texels.spv.h"
#include "spirv/score.spv.h"
#include "spirv/softcap.spv.h"
#include "spirv/softmax_rows.spv.h"
#include "spirv/softmax_rows_read_texels.spv.h"

namespace engine::kernels {
namespace {

using file::TensorType;

std::span<const std::uint32_t> embedCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return embed_f32;
    case TensorType::F16:
        return embed_f16;
    case TensorType::BF16:
        return embed_bf16;
    case TensorType::Q8_0:
        return embed_q8_0;
    case TensorType::Q4_0:
        return embed_q4_0;
    case TensorType::Q4_1:
        return embed_q4_1;
    case TensorType::Q5_0:
        return embed_q5_0;
    case TensorType::Q5_1:
        return embed_q5_1;
    case TensorType::Q4_K:
        return embed_q4_k;
    case TensorType::Q5_K:
        return embed_q5_k;
    case TensorType::Q6_K:
        return embed_q6_k;
    default:
        break;
    }
    ENGINE_CHECK(isOnDevice(type));
    return {};
}

std::span<const std::uint32_t> linearCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return linear_f32;
    case TensorType::F16:
        return linear_f16;
    case TensorType::BF16:
        return linear_bf16;
    case TensorType::Q8_0:
        return linear_q8_0;
    case TensorType::Q4_0:
        return linear_q4_0;
    case TensorType::Q4_1:
        return linear_q4_1;
    case TensorType::Q5_0:
        return linear_q5_0;
    case TensorType::Q5_1:
        return linear_q5_1;
    case TensorType::Q4_K:
        return linear_q4_k;
    case TensorType::Q5_K:
        return linear_q5_k;
    case TensorType::Q6_K:
        return linear_q6_k;
    default:
        break;
    }
    ENGINE_CHECK(isOnDevice(type));
    return {};
}

std::span<const std::uint32_t> linearReadTexelsCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return linear_read_texels_f32;
    case TensorType::F16:
        return linear_read_texels_f16;
    case TensorType::BF16:
        return linear_read_texels_bf16;
    case TensorType::Q8_0:
        return linear_read_texels_q8_0;
    case TensorType::Q4_0:
        return linear_read_texels_q4_0;
    case TensorType::Q4_1:
        return linear_read_texels_q4_1;
    case TensorType::Q5_0:
        return linear_read_texels_q5_0;
    case TensorType::Q5_1:
        return linear_read_texels_q5_1;
    case TensorType::Q4_K:
        return linear_read_texels_q4_k;
    case TensorType::Q5_K:
        return linear_read_texels_q5_k;
    case TensorType::Q6_K:
        return linear_read_texels_q6_k;
    default:
        break;
    }
    ENGINE_CHECK(isOnDevice(type));
    return {};
}

std::span<const std::uint32_t> conv2dCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return conv2d_f32;
    case TensorType::F16:
        return conv2d_f16;
    case TensorType::BF16:
        return conv2d_bf16;
    case TensorType::Q8_0:
        return conv2d_q8_0;
    default:
        break;
    }
    ENGINE_CHECK(isEncoderType(type));
    return {};
}

std::span<const std::uint32_t> conv2dTexelsCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return conv2d_texels_f32;
    case TensorType::F16:
        return conv2d_texels_f16;
    case TensorType::BF16:
        return conv2d_texels_bf16;
    case TensorType::Q8_0:
        return conv2d_texels_q8_0;
    default:
        break;
    }
    ENGINE_CHECK(isEncoderType(type));
    return {};
}

std::span<const std::uint32_t> linearTiledCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return linear_tiled_f32;
    case TensorType::F16:
        return linear_tiled_f16;
    case TensorType::BF16:
        return linear_tiled_bf16;
    case TensorType::Q8_0:
        return linear_tiled_q8_0;
    case TensorType::Q4_0:
        return linear_tiled_q4_0;
    case TensorType::Q4_1:
        return linear_tiled_q4_1;
    case TensorType::Q5_0:
        return linear_tiled_q5_0;
    case TensorType::Q5_1:
        return linear_tiled_q5_1;
    case TensorType::Q4_K:
        return linear_tiled_q4_k;
    case TensorType::Q5_K:
        return linear_tiled_q5_k;
    case TensorType::Q6_K:
        return linear_tiled_q6_k;
    default:
        break;
    }
    ENGINE_CHECK(isOnDevice(type));
    return {};
}

std::span<const std::uint32_t> conformerLinearCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return conformer_linear_f32;
    case TensorType::F16:
        return conformer_linear_f16;
    case TensorType::BF16:
        return conformer_linear_bf16;
    case TensorType::Q8_0:
        return conformer_linear_q8_0;
    default:
        break;
    }
    ENGINE_CHECK(isEncoderType(type));
    return {};
}

std::span<const std::uint32_t> conformerLinearReadTexelsCode(TensorType type)
{
    switch (type) {
    case TensorType::F32:
        return conformer_linear_read_texels_f32;
    case TensorType::F16:
        return conformer_linear_read_texels_f16;
    case TensorType::BF16:
        return conformer_linear_read_texels_bf16;
    case TensorType::Q8_0:
        return conformer_linear_read_texels_q8_0;
    default:
        break;
    }
    ENGINE_CHECK(isEncoderType(type));
    return {};
}

}  // namespace

std::span<const std::uint32_t> shaderCode(Kernel kernel, TensorType type)
{
    const auto cacheCode = [type](std::span<const std::uint32_t> half,
                                  std::span<const std::uint32_t> single) {
        return type == TensorType::F16 ? half : single;
    };
    switch (kernel) {
    case Kernel::Linear:
        return linearCode(type);
    case Kernel::LinearReadTexels:
        return linearReadTexelsCode(type);
    case Kernel::LinearTiled:
        return linearTiledCode(type);
    case Kernel::Embed:
        return embedCode(type);
    case Kernel::AddRmsNorm:
        return add_rms_norm;
    case Kernel::AltupCorrect:
        return altup_correct;
    case Kernel::AltupMerge:
        return altup_merge;
    case Kernel::AltupPredict:
        return altup_predict;
    case Kernel::Attention:
        return cacheCode(attention_f16, attention_f32);
    case Kernel::AttentionSplit:
        return cacheCode(attention_split_f16, attention_split_f32);
    case Kernel::AttentionSubgroup:
        return cacheCode(attention_subgroup_f16, attention_subgroup_f32);
    case Kernel::ConformerLinear:
        return conformerLinearCode(type);
    case Kernel::ConformerLinearReadTexels:
        return conformerLinearReadTexelsCode(type);
    case Kernel::CumulativeDeviation:
        return cumulative_deviation;
    case Kernel::CumulativeNorm:
        return cumulative_norm;
    case Kernel::FrontConv:
        return front_conv;
    case Kernel::GatedConv:
        return gated_conv;
    case Kernel::GatedGelu:
        return gated_gelu;
    case Kernel::KeepFrames:
        return keep_frames;
    case Kernel::LaurelResidual:
        return laurel_residual;
    case Kernel::LocalAttention:
        return local_attention;
    case Kernel::MatchMagnitude:
        return match_magnitude;
    case Kernel::PerLayerInject:
        return per_layer_inject;
    case Kernel::PerLayerInputs:
        return per_layer_inputs;
    case Kernel::QkvNormRope:
        return cacheCode(qkv_norm_rope_f16, qkv_norm_rope_f32);
    case Kernel::RmsNorm:
        return rms_norm;
    case Kernel::Sample:
        return sample;
    case Kernel::Score:
        return score;
    case Kernel::Softcap:
        return softcap;
    case Kernel::Conv2d:
        return conv2dCode(type);
    case Kernel::Conv2dTexels:
        return conv2dTexelsCode(type);
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
    default:
        return fusedShaderCode(kernel, type);
    }
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
