#pragma once

#include <cstdint>

#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// One convolution of the front: what it reads and makes of a frame.
struct FrontConvShape {
    std::uint32_t inputChannels = 0;
    std::uint32_t inputFrequencies = 0;
    std::uint32_t outputChannels = 0;
    std::uint32_t outputFrequencies = 0;
    std::uint32_t kernelFrames = 0;
    std::uint32_t kernelFrequencies = 0;
    std::uint32_t strideFrames = 0;
    std::uint32_t strideFrequencies = 0;
    std::uint32_t paddingFrequencies = 0;  // zeros on either side
};

// output[t] = the convolution of input frames from strideFrames · t on, each [frequencies ×
// channels]; those past the input's last are zero. `sums` of the output's elements are left for
// cumulativeNorm(), frontConvSums() of each frame. `weight` is [outputChannels × inputChannels ×
// kernelFrames × kernelFrequencies].
void frontConv(Pass& pass, const FrontConvShape& shape, const gpu::Tensor& input,
               const gpu::Tensor& weight, const gpu::Tensor& output, const gpu::Tensor& sums);

std::uint32_t frontConvSums(const FrontConvShape& shape) noexcept;

// What a cumulative norm has seen before, and carries on: two pairs of numbers, of which one call
// reads one and writes the other.
struct CarriedNorm {
    gpu::Tensor moments;       // 2 × CarriedMoments, zero at first
    std::uint32_t slot = 0;    // that is read
    std::uint32_t frames = 0;  // seen before
    gpu::Tensor sums;          // [1 × frames of a call · sumsPerFrame]
    std::uint32_t sumsPerFrame = 1;
    gpu::Tensor deviations;  // [1 × frames of a call], room to work in
};

// output = relu(cumulative group norm of input), frame by frame (spec 03 §3); `carried.sums` holds
// the sums of the input's frames, as frontConv() leaves them. The weight has one element a channel.
void cumulativeNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                    const CarriedNorm& carried, const gpu::Tensor& output);

// output[t] = silu(W · input[t]). The matrix must lie in one window.
void siluLinear(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                const gpu::Tensor& output);

// What follows a product in the conformer (spec 03 §4). What names no arena is left out.
struct ConformerTail {
    gpu::Tensor postNorm;         // of the product, clipped
    float residualWeight = 1.0F;  // of the product, once it is normalised
    bool addsResidual = true;     // otherwise the residual begins here
    gpu::Tensor finalNorm;        // of the residual, clipped
    gpu::Tensor nextNorm;         // of the residual, clipped by nextClip, into `normalized`
    float nextClip = 0.0F;
    float clip = 0.0F;
    float epsilon = 0.0F;
};

// Buffers of a product with a tail.
struct ConformerRows {
    gpu::Tensor product;     // [rows × width], room to work in
    gpu::Tensor residual;    // [rows × width]
    gpu::Tensor normalized;  // [rows × width]
    gpu::Tensor arrivals;    // 32-bit zeros, one for each row; zeros again afterwards
};

// product = W · input and its tail, in one dispatch. The matrix must lie in one window.
void conformerLinear(Pass& pass, const Matrix& weight, const gpu::Tensor& input,
                     const ConformerTail& tail, const ConformerRows& rows);

// The attention of one block and what it kept of earlier calls.
struct LocalAttentionShape {
    std::uint32_t heads = 0;
    std::uint32_t headDim = 0;
    std::uint32_t window = 0;  // keys that a query sees, itself included
    float logitCap = 0.0F;
};

// output[t] = attention of frame firstFrame + t to itself and window - 1 frames before it (spec 03
// §4.1). `qkv` rows hold queries, keys and values; `kept` [window - 1 × 2 · width] is what
// keepFrames() kept; `positions` [window · width] belong to distances.
void localAttention(Pass& pass, const LocalAttentionShape& shape, std::uint32_t firstFrame,
                    const gpu::Tensor& qkv, const gpu::Tensor& kept, const gpu::Tensor& queryScale,
                    const gpu::Tensor& positions, const gpu::Tensor& output);

struct GatedConvShape {
    std::uint32_t taps = 0;
    float clip = 0.0F;
    float epsilon = 0.0F;
};

// output = silu(norm(clip(causal depthwise convolution of gated values))); `gates` rows hold
// values, then as many gates; `kept` [taps - 1 × width] is what keepFrames() kept. `weight` is
// [width · taps].
void gatedConv(Pass& pass, const GatedConvShape& shape, std::uint32_t firstFrame,
               const gpu::Tensor& gates, const gpu::Tensor& kept, const gpu::Tensor& weight,
               const gpu::Tensor& norm, const gpu::Tensor& output);

// Rows that a block keeps for the next call. Of a block that looks back at none the tensor is one
// row that nobody reads.
struct KeptFrames {
    gpu::Tensor keysValues;  // [keysValuesRows × 2 · width]
    gpu::Tensor gated;       // [gatedRows × width]
    std::uint32_t keysValuesRows = 0;
    std::uint32_t gatedRows = 0;
};

// Keeps the last frames' keys and values of `qkv`, and their gated values of `gates`.
void keepFrames(Pass& pass, std::uint32_t firstFrame, const gpu::Tensor& qkv,
                const gpu::Tensor& gates, const KeptFrames& kept);

}  // namespace engine::kernels
