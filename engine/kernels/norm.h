#pragma once

#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// output[r] = input[r] / rms(input[r]) · weight.
void rmsNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
             const gpu::Tensor& output);

// output[r] = residual[r] + input[r] / rms(input[r]) · weight. Output may be the residual.
void addRmsNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight,
                const gpu::Tensor& residual, float epsilon, const gpu::Tensor& output);

}  // namespace engine::kernels
