#pragma once

#include <cstdint>
#include <span>

#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/matformer.h"
#include "engine/kernels/pass.h"

// Kernels that do for one row, in few dispatches, what several plain ones do. They answer to the
// same references. Rows of AltUp have a multiple of four elements: see takesWidth().

namespace engine::kernels {

// output = weight · input, as in linear(), of one row.
struct RowProduct {
    const Matrix* weight = nullptr;
    gpu::Tensor input;
    gpu::Tensor output;
};

// Whether the kernels of AltUp's rows, altupEnter(), linearLaurel() and linearCorrect(), take rows
// of this width: they work on four elements at a time.
constexpr bool takesWidth(std::uint32_t columns) noexcept
{
    return columns % 4 == 0;
}

// Products that do not need one another: one dispatch where the weights are of one type and lie
// near one another, otherwise as few as there can be.
void linearParts(Pass& pass, std::span<const RowProduct> products);

// output = gelu(gate · input) · (up · input): gatedGelu() of two products. `gate` and `up` have the
// same input; the outputs that they name are written only where one dispatch cannot do all.
void linearGated(Pass& pass, const RowProduct& gate, const RowProduct& up,
                 const gpu::Tensor& output);

// gate.output = gelu(gate · input) · factor.
void linearGatedBy(Pass& pass, const RowProduct& gate, const gpu::Tensor& factor);

// What a layer begins with: perLayerInject() of the layer before, if `injected` names a row, though
// the streams stay as they were; altupPredict(); and rmsNorm() of the active prediction.
struct AltupEntry {
    gpu::Tensor injected;
    gpu::Tensor injectedNorm;
    AltupRouter router;
    gpu::Tensor coefs;
    gpu::Tensor inputNorm;
    std::uint32_t activeIndex = 0;
    float epsilon = 0.0F;
};
void altupEnter(Pass& pass, const AltupEntry& entry, const Streams& streams,
                const Streams& predictions, const gpu::Tensor& normalized);

// What a workgroup that comes last counts the others with: one word, zero before and after.
using Arrivals = gpu::Tensor;

// The products of attention and LAuReL, laurelResidual() of them, and rmsNorm() of that in the
// place of the normalised row.
struct LaurelMeeting {
    RowProduct attention;    // Wo · attended
    RowProduct lowRank;      // Lr · low rank
    gpu::Tensor active;      // the active prediction
    gpu::Tensor normalized;  // its normalised form, then that of the output
    gpu::Tensor attentionNorm;
    gpu::Tensor lowRankNorm;
    gpu::Tensor nextNorm;
    gpu::Tensor output;
    float epsilon = 0.0F;
};
void linearLaurel(Pass& pass, const LaurelMeeting& meeting, const Arrivals& arrivals);

// The product that ends the feed-forward network, addRmsNorm() of it and altupCorrect().
struct AltupCorrection {
    RowProduct down;
    gpu::Tensor norm;
    gpu::Tensor residual;
    Streams predictions;
    AltupRouter router;
    gpu::Tensor coefs;
    gpu::Tensor outputScale;
    std::uint32_t activeIndex = 0;
    float epsilon = 0.0F;
    Streams streams;
    gpu::Tensor scaled;
};
void linearCorrect(Pass& pass, const AltupCorrection& correction, const Arrivals& arrivals);

// matchMagnitude() of the other streams to the first, altupMerge() and rmsNorm(). The others stay
// as they are.
void altupLeave(Pass& pass, const gpu::Tensor& first, const Streams& others,
                const gpu::Tensor& norm, float epsilon, const gpu::Tensor& output);

}  // namespace engine::kernels
