#include "engine/kernels/norm.h"

#include "engine/base/check.h"
#include "shaders/norm/add_rms_norm_params.h"
#include "shaders/norm/rms_norm_params.h"

namespace engine::kernels {

void rmsNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
             const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.columns == output.columns);
    ENGINE_CHECK(weight.columns == input.columns);
    const shader::RmsNormParams params{
        .width = input.columns,
        .inputStride = input.stride,
        .inputFirst = input.firstElement,
        .outputStride = output.stride,
        .outputFirst = output.firstElement,
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::RmsNorm, {}, {pass.sizes().row}, params, {input, weight, output},
                  {input.rows, 1, 1});
}

void addRmsNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight,
                const gpu::Tensor& residual, float epsilon, const gpu::Tensor& output)
{
    ENGINE_CHECK(input.rows == output.rows && input.columns == output.columns);
    ENGINE_CHECK(input.stride == output.stride && input.stride == residual.stride);
    ENGINE_CHECK(input.firstElement + residual.firstElement + output.firstElement == 0);
    const shader::AddRmsNormParams params{
        .width = input.columns, .stride = input.stride, .epsilon = epsilon};
    pass.dispatch(Kernel::AddRmsNorm, {}, {pass.sizes().row}, params,
                  {input, weight, residual, output}, {input.rows, 1, 1});
}

}  // namespace engine::kernels
