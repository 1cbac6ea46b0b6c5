#include "engine/kernels/sampling.h"

#include <algorithm>

#include "engine/base/check.h"
#include "shaders/sampling/sample_params.h"
#include "shaders/sampling/score_params.h"
#include "shaders/sampling/softcap_params.h"

namespace engine::kernels {

std::uint32_t slicesOf(std::uint32_t vocabulary) noexcept
{
    return (vocabulary + shader::kSliceSize - 1) / shader::kSliceSize;
}

void softcap(Pass& pass, const gpu::Tensor& logits, float cap)
{
    ENGINE_CHECK(cap > 0.0F && logits.firstElement == 0);
    const shader::SoftcapParams params{
        .width = logits.columns, .stride = logits.stride, .cap = cap};
    const std::uint32_t lanes = pass.sizes().row;
    pass.dispatch(Kernel::Softcap, {}, {lanes}, params, {logits},
                  {std::max(logits.columns / (lanes * 16), 1U), logits.rows, 1});
}

void sample(Pass& pass, const SamplingTensors& tensors)
{
    ENGINE_CHECK(tensors.logits.rows == 1);
    const std::uint32_t vocabulary = tensors.logits.columns;
    const std::uint32_t slices = slicesOf(vocabulary);
    ENGINE_CHECK(tensors.sliceMax.columns == slices);
    const shader::ScoreParams score{.vocabulary = vocabulary};
    pass.dispatch(Kernel::Score, {}, {std::min(pass.sizes().head, shader::kSliceSize)}, score,
                  {tensors.step, tensors.seen, tensors.logits, tensors.sliceMax, tensors.result},
                  {slices, 1, 1});
    const shader::SampleParams draw{.vocabulary = vocabulary, .slices = slices};
    pass.dispatch(Kernel::Sample, {}, {pass.sizes().sample}, draw,
                  {tensors.step, tensors.logits, tensors.sliceMax, tensors.result}, {1, 1, 1});
}

}  // namespace engine::kernels
