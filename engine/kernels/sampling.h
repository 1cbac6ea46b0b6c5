#pragma once

#include <cstdint>

#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// logits = cap · tanh(logits / cap), in place.
void softcap(Pass& pass, const gpu::Tensor& logits, float cap);

struct SamplingTensors {
    gpu::Tensor step;      // StepState
    gpu::Tensor seen;      // a bit for each id that stands in the conversation
    gpu::Tensor logits;    // [1 × vocabulary]; penalised in place
    gpu::Tensor sliceMax;  // [1 × slicesOf(vocabulary)]
    gpu::Tensor result;    // StepResult
};

// Entries of SamplingTensors::sliceMax.
std::uint32_t slicesOf(std::uint32_t vocabulary) noexcept;

// Draws one token as the StepState says; the StepResult says which.
void sample(Pass& pass, const SamplingTensors& tensors);

}  // namespace engine::kernels
