#pragma once

#include <cstdint>

#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// output = gelu(gate) · up, over output.columns elements of each row. With a multiplier other than
// 0 the gate goes through the gaussian top-k first.
void gatedGelu(Pass& pass, const gpu::Tensor& gate, const gpu::Tensor& up, float multiplier,
               const gpu::Tensor& output);

// AltUp streams, [inputs × capacity × hidden] in one tensor: stream i begins `stride` elements
// after stream i - 1.
struct Streams {
    gpu::Tensor data;          // stream 0, of as many rows as are in use
    std::uint32_t inputs = 0;  // how many streams
    std::uint32_t stride = 0;  // elements from stream to stream

    gpu::Tensor stream(std::uint32_t index) const noexcept;
};

struct AltupRouter {
    gpu::Tensor norm;    // [hidden]
    gpu::Tensor router;  // [inputs × hidden], dense
};

// predictions[i] = streams[i] + Σ_k C[i][k] · streams[k].
void altupPredict(Pass& pass, const Streams& streams, const AltupRouter& router,
                  const gpu::Tensor& coefs, std::uint32_t activeIndex, float epsilon,
                  const Streams& predictions);

// streams[i] = predictions[i] + q[i] · (activated - predictions[active]), and the active one
// scaled.
void altupCorrect(Pass& pass, const Streams& predictions, const gpu::Tensor& activated,
                  const AltupRouter& router, const gpu::Tensor& coefs,
                  const gpu::Tensor& outputScale, std::uint32_t activeIndex, float epsilon,
                  const Streams& streams, const gpu::Tensor& scaled);

// Gives streams [first, inputs) the root mean square of the target's rows, in place.
void matchMagnitude(Pass& pass, const Streams& streams, std::uint32_t first,
                    const gpu::Tensor& target);

// output = mean of `first` and all of `others`.
void altupMerge(Pass& pass, const gpu::Tensor& first, const Streams& others,
                const gpu::Tensor& output);

struct LaurelInputs {
    gpu::Tensor active;      // the active prediction
    gpu::Tensor normalized;  // its normalised form
    gpu::Tensor attention;   // Wo · …
    gpu::Tensor lowRank;     // Lr · Ll · normalized
};

// output = (active + rms_norm(attention) + normalized + rms_norm(lowRank)) / √2.
void laurelResidual(Pass& pass, const LaurelInputs& inputs, const gpu::Tensor& attentionNorm,
                    const gpu::Tensor& laurelNorm, float epsilon, const gpu::Tensor& output);

// output[t][l] = (rms_norm(projected[t][l] · hidden^(-1/2)) + rows[t][l] · width^(1/2)) / √2 for
// slabs of `width` values, the length of `norm`.
void perLayerInputs(Pass& pass, const gpu::Tensor& projected, const gpu::Tensor& norm,
                    const gpu::Tensor& rows, std::uint32_t hiddenSize, float epsilon,
                    const gpu::Tensor& output);

// streams[i] += rms_norm(input), for every stream but the first.
void perLayerInject(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& norm, float epsilon,
                    const Streams& streams);

}  // namespace engine::kernels
