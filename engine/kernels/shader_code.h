#pragma once

#include <cstdint>
#include <span>

#include "engine/file/tensor_type.h"

namespace engine::kernels {

// Every shader, named as its file is.
enum class Kernel : std::uint8_t {
    Linear,
    LinearReadTexels,
    LinearTiled,
    Embed,
    RmsNorm,
    AddRmsNorm,
    QkvNormRope,
    Attention,
    AttentionSplit,
    AttentionSubgroup,
    GatedGelu,
    LaurelResidual,
    AltupPredict,
    AltupCorrect,
    MatchMagnitude,
    AltupMerge,
    PerLayerInputs,
    PerLayerInject,
    LinearParts,
    LinearPartsReadTexels,
    LinearGated,
    LinearGatedReadTexels,
    LinearLaurel,
    LinearLaurelReadTexels,
    LinearCorrect,
    LinearCorrectReadTexels,
    SparseGate,
    SparseGateReadTexels,
    SparseUp,
    SparseUpReadTexels,
    SparseCorrect,
    SparseCorrectReadTexels,
    AltupEnter,
    AltupEnterReadTexels,
    AltupLeave,
    FrontConv,
    CumulativeDeviation,
    CumulativeNorm,
    ConformerLinear,
    ConformerLinearReadTexels,
    LocalAttention,
    GatedConv,
    KeepFrames,
    Softcap,
    Score,
    Sample,
    Conv2d,
    Conv2dTexels,
    DepthwiseConv2d,
    DepthwiseConv2dReadTexels,
    ChannelNorm,
    ChannelNormReadTexels,
    SoftmaxRows,
    SoftmaxRowsReadTexels,
    ScaleAdd,
    ScaleAddReadTexels,
    JoinScales,
    AveragePool,
};

// The SPIR-V of a kernel. `type` chooses the variant of those that read weights as stored; it must
// be one that isOnDevice() names. Those of attention have variants for a cache in F32 and in F16.
std::span<const std::uint32_t> shaderCode(Kernel kernel, file::TensorType type);

// Whether shaders read this type as it is stored. Others are repacked to Q8_0 when loaded.
bool isOnDevice(file::TensorType type) noexcept;

// The same for the convolutions and matrices of encoders, which have fewer variants.
bool isEncoderType(file::TensorType type) noexcept;

}  // namespace engine::kernels
