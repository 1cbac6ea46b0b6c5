#include "tests/bench/kernel_names.h"

#include "engine/base/check.h"

namespace bench {

std::string_view nameOf(engine::kernels::Kernel kernel)
{
    using engine::kernels::Kernel;
    switch (kernel) {
    case Kernel::Linear:
        return "linear";
    case Kernel::LinearReadTexels:
        return "linear_read_texels";
    case Kernel::Embed:
        return "embed";
    case Kernel::RmsNorm:
        return "rms_norm";
    case Kernel::AddRmsNorm:
        return "add_rms_norm";
    case Kernel::QkvNormRope:
        return "qkv_norm_rope";
    case Kernel::Attention:
        return "attention";
    case Kernel::AttentionSplit:
        return "attention_split";
    case Kernel::AttentionSubgroup:
        return "attention_subgroup";
    case Kernel::GatedGelu:
        return "gated_gelu";
    case Kernel::LaurelResidual:
        return "laurel_residual";
    case Kernel::AltupPredict:
        return "altup_predict";
    case Kernel::AltupCorrect:
        return "altup_correct";
    case Kernel::MatchMagnitude:
        return "match_magnitude";
    case Kernel::AltupMerge:
        return "altup_merge";
    case Kernel::PerLayerInputs:
        return "per_layer_inputs";
    case Kernel::PerLayerInject:
        return "per_layer_inject";
    case Kernel::LinearParts:
        return "linear_parts";
    case Kernel::LinearPartsReadTexels:
        return "linear_parts_read_texels";
    case Kernel::LinearGated:
        return "linear_gated";
    case Kernel::LinearGatedReadTexels:
        return "linear_gated_read_texels";
    case Kernel::LinearLaurel:
        return "linear_laurel";
    case Kernel::LinearLaurelReadTexels:
        return "linear_laurel_read_texels";
    case Kernel::LinearCorrect:
        return "linear_correct";
    case Kernel::LinearCorrectReadTexels:
        return "linear_correct_read_texels";
    case Kernel::AltupEnter:
        return "altup_enter";
    case Kernel::AltupEnterReadTexels:
        return "altup_enter_read_texels";
    case Kernel::AltupLeave:
        return "altup_leave";
    case Kernel::FrontConv:
        return "front_conv";
    case Kernel::CumulativeDeviation:
        return "cumulative_deviation";
    case Kernel::CumulativeNorm:
        return "cumulative_norm";
    case Kernel::ConformerLinear:
        return "conformer_linear";
    case Kernel::ConformerLinearReadTexels:
        return "conformer_linear_read_texels";
    case Kernel::LocalAttention:
        return "local_attention";
    case Kernel::GatedConv:
        return "gated_conv";
    case Kernel::KeepFrames:
        return "keep_frames";
    case Kernel::Softcap:
        return "softcap";
    case Kernel::Score:
        return "score";
    case Kernel::Sample:
        return "sample";
    case Kernel::Conv2d:
        return "conv2d";
    case Kernel::Conv2dTexels:
        return "conv2d_texels";
    case Kernel::DepthwiseConv2d:
        return "depthwise_conv2d";
    case Kernel::DepthwiseConv2dReadTexels:
        return "depthwise_conv2d_read_texels";
    case Kernel::ChannelNorm:
        return "channel_norm";
    case Kernel::ChannelNormReadTexels:
        return "channel_norm_read_texels";
    case Kernel::SoftmaxRows:
        return "softmax_rows";
    case Kernel::SoftmaxRowsReadTexels:
        return "softmax_rows_read_texels";
    case Kernel::ScaleAdd:
        return "scale_add";
    case Kernel::ScaleAddReadTexels:
        return "scale_add_read_texels";
    case Kernel::JoinScales:
        return "join_scales";
    case Kernel::AveragePool:
        return "average_pool";
    }
    ENGINE_CHECK(false);
    return {};
}

}  // namespace bench
