#include "engine/kernels/fused_shader_code.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/kernels/sparse_shader_code.h"

#include "spirv/altup_enter.spv.h"
#include "spirv/altup_enter_read_texels.spv.h"
#include "spirv/altup_leave.spv.h"
#include "spirv/linear_correct_bf16.spv.h"
#include "spirv/linear_correct_f16.spv.h"
#include "spirv/linear_correct_f32.spv.h"
#include "spirv/linear_correct_q4_0.spv.h"
#include "spirv/linear_correct_q4_1.spv.h"
#include "spirv/linear_correct_q4_k.spv.h"
#include "spirv/linear_correct_q5_0.spv.h"
#include "spirv/linear_correct_q5_1.spv.h"
#include "spirv/linear_correct_q5_k.spv.h"
#include "spirv/linear_correct_q6_k.spv.h"
#include "spirv/linear_correct_q8_0.spv.h"
#include "spirv/linear_correct_read_texels_bf16.spv.h"
#include "spirv/linear_correct_read_texels_f16.spv.h"
#include "spirv/linear_correct_read_texels_f32.spv.h"
#include "spirv/linear_correct_read_texels_q4_0.spv.h"
#include "spirv/linear_correct_read_texels_q4_1.spv.h"
#include "spirv/linear_correct_read_texels_q4_k.spv.h"
#include "spirv/linear_correct_read_texels_q5_0.spv.h"
#include "spirv/linear_correct_read_texels_q5_1.spv.h"
#include "spirv/linear_correct_read_texels_q5_k.spv.h"
#include "spirv/linear_correct_read_texels_q6_k.spv.h"
#include "spirv/linear_correct_read_texels_q8_0.spv.h"
#include "spirv/linear_gated_bf16.spv.h"
#include "spirv/linear_gated_f16.spv.h"
#include "spirv/linear_gated_f32.spv.h"
#include "spirv/linear_gated_q4_0.spv.h"
#include "spirv/linear_gated_q4_1.spv.h"
#include "spirv/linear_gated_q4_k.spv.h"
#include "spirv/linear_gated_q5_0.spv.h"
#include "spirv/linear_gated_q5_1.spv.h"
#include "spirv/linear_gated_q5_k.spv.h"
#include "spirv/linear_gated_q6_k.spv.h"
#include "spirv/linear_gated_q8_0.spv.h"
#include "spirv/linear_gated_read_texels_bf16.spv.h"
#include "spirv/linear_gated_read_texels_f16.spv.h"
#include "spirv/linear_gated_read_texels_f32.spv.h"
#include "spirv/linear_gated_read_texels_q4_0.spv.h"
#include "spirv/linear_gated_read_texels_q4_1.spv.h"
#include "spirv/linear_gated_read_texels_q4_k.spv.h"
#include "spirv/linear_gated_read_texels_q5_0.spv.h"
#include "spirv/linear_gated_read_texels_q5_1.spv.h"
#include "spirv/linear_gated_read_texels_q5_k.spv.h"
#include "spirv/linear_gated_read_texels_q6_k.spv.h"
#include "spirv/linear_gated_read_texels_q8_0.spv.h"
#include "spirv/linear_laurel_bf16.spv.h"
#include "spirv/linear_laurel_f16.spv.h"
#include "spirv/linear_laurel_f32.spv.h"
#include "spirv/linear_laurel_q4_0.spv.h"
#include "spirv/linear_laurel_q4_1.spv.h"
#include "spirv/linear_laurel_q4_k.spv.h"
#include "spirv/linear_laurel_q5_0.spv.h"
#include "spirv/linear_laurel_q5_1.spv.h"
#include "spirv/linear_laurel_q5_k.spv.h"
#include "spirv/linear_laurel_q6_k.spv.h"
#include "spirv/linear_laurel_q8_0.spv.h"
#include "spirv/linear_laurel_read_texels_bf16.spv.h"
#include "spirv/linear_laurel_read_texels_f16.spv.h"
#include "spirv/linear_laurel_read_texels_f32.spv.h"
#include "spirv/linear_laurel_read_texels_q4_0.spv.h"
#include "spirv/linear_laurel_read_texels_q4_1.spv.h"
#include "spirv/linear_laurel_read_texels_q4_k.spv.h"
#include "spirv/linear_laurel_read_texels_q5_0.spv.h"
#include "spirv/linear_laurel_read_texels_q5_1.spv.h"
#include "spirv/linear_laurel_read_texels_q5_k.spv.h"
#include "spirv/linear_laurel_read_texels_q6_k.spv.h"
#include "spirv/linear_laurel_read_texels_q8_0.spv.h"
#include "spirv/linear_parts_bf16.spv.h"
#include "spirv/linear_parts_f16.spv.h"
#include "spirv/linear_parts_f32.spv.h"
#include "spirv/linear_parts_q4_0.spv.h"
#include "spirv/linear_parts_q4_1.spv.h"
#include "spirv/linear_parts_q4_k.spv.h"
#include "spirv/linear_parts_q5_0.spv.h"
#include "spirv/linear_parts_q5_1.spv.h"
#include "spirv/linear_parts_q5_k.spv.h"
#include "spirv/linear_parts_q6_k.spv.h"
#include "spirv/linear_parts_q8_0.spv.h"
#include "spirv/linear_parts_read_texels_bf16.spv.h"
#include "spirv/linear_parts_read_texels_f16.spv.h"
#include "spirv/linear_parts_read_texels_f32.spv.h"
#include "spirv/linear_parts_read_texels_q4_0.spv.h"
#include "spirv/linear_parts_read_texels_q4_1.spv.h"
#include "spirv/linear_parts_read_texels_q4_k.spv.h"
#include "spirv/linear_parts_read_texels_q5_0.spv.h"
#include "spirv/linear_parts_read_texels_q5_1.spv.h"
#include "spirv/linear_parts_read_texels_q5_k.spv.h"
#include "spirv/linear_parts_read_texels_q6_k.spv.h"
#include "spirv/linear_parts_read_texels_q8_0.spv.h"

namespace engine::kernels {
namespace {

using file::TensorType;

constexpr std::array kTypes = {TensorType::F32,  TensorType::F16,  TensorType::BF16,
                               TensorType::Q8_0, TensorType::Q4_0, TensorType::Q4_1,
                               TensorType::Q5_0, TensorType::Q5_1, TensorType::Q4_K,
                               TensorType::Q5_K, TensorType::Q6_K};

// In the order of kTypes.
using CodeByType = std::array<std::span<const std::uint32_t>, kTypes.size()>;

const CodeByType kLinearParts{linear_parts_f32,  linear_parts_f16,  linear_parts_bf16,
                              linear_parts_q8_0, linear_parts_q4_0, linear_parts_q4_1,
                              linear_parts_q5_0, linear_parts_q5_1, linear_parts_q4_k,
                              linear_parts_q5_k, linear_parts_q6_k};
const CodeByType kLinearPartsReadTexels{
    linear_parts_read_texels_f32,  linear_parts_read_texels_f16,  linear_parts_read_texels_bf16,
    linear_parts_read_texels_q8_0, linear_parts_read_texels_q4_0, linear_parts_read_texels_q4_1,
    linear_parts_read_texels_q5_0, linear_parts_read_texels_q5_1, linear_parts_read_texels_q4_k,
    linear_parts_read_texels_q5_k, linear_parts_read_texels_q6_k};
const CodeByType kLinearGated{linear_gated_f32,  linear_gated_f16,  linear_gated_bf16,
                              linear_gated_q8_0, linear_gated_q4_0, linear_gated_q4_1,
                              linear_gated_q5_0, linear_gated_q5_1, linear_gated_q4_k,
                              linear_gated_q5_k, linear_gated_q6_k};
const CodeByType kLinearGatedReadTexels{
    linear_gated_read_texels_f32,  linear_gated_read_texels_f16,  linear_gated_read_texels_bf16,
    linear_gated_read_texels_q8_0, linear_gated_read_texels_q4_0, linear_gated_read_texels_q4_1,
    linear_gated_read_texels_q5_0, linear_gated_read_texels_q5_1, linear_gated_read_texels_q4_k,
    linear_gated_read_texels_q5_k, linear_gated_read_texels_q6_k};
const CodeByType kLinearLaurel{linear_laurel_f32,  linear_laurel_f16,  linear_laurel_bf16,
                               linear_laurel_q8_0, linear_laurel_q4_0, linear_laurel_q4_1,
                               linear_laurel_q5_0, linear_laurel_q5_1, linear_laurel_q4_k,
                               linear_laurel_q5_k, linear_laurel_q6_k};
const CodeByType kLinearLaurelReadTexels{
    linear_laurel_read_texels_f32,  linear_laurel_read_texels_f16,  linear_laurel_read_texels_bf16,
    linear_laurel_read_texels_q8_0, linear_laurel_read_texels_q4_0, linear_laurel_read_texels_q4_1,
    linear_laurel_read_texels_q5_0, linear_laurel_read_texels_q5_1, linear_laurel_read_texels_q4_k,
    linear_laurel_read_texels_q5_k, linear_laurel_read_texels_q6_k};
const CodeByType kLinearCorrect{linear_correct_f32,  linear_correct_f16,  linear_correct_bf16,
                                linear_correct_q8_0, linear_correct_q4_0, linear_correct_q4_1,
                                linear_correct_q5_0, linear_correct_q5_1, linear_correct_q4_k,
                                linear_correct_q5_k, linear_correct_q6_k};
const CodeByType kLinearCorrectReadTexels{
    linear_correct_read_texels_f32,  linear_correct_read_texels_f16,
    linear_correct_read_texels_bf16, linear_correct_read_texels_q8_0,
    linear_correct_read_texels_q4_0, linear_correct_read_texels_q4_1,
    linear_correct_read_texels_q5_0, linear_correct_read_texels_q5_1,
    linear_correct_read_texels_q4_k, linear_correct_read_texels_q5_k,
    linear_correct_read_texels_q6_k};

std::span<const std::uint32_t> of(const CodeByType& code, TensorType type)
{
    const auto* found = std::find(kTypes.begin(), kTypes.end(), type);
    ENGINE_CHECK(found != kTypes.end());
    return code.at(static_cast<std::size_t>(found - kTypes.begin()));
}

}  // namespace

std::span<const std::uint32_t> fusedShaderCode(Kernel kernel, TensorType type)
{
    switch (kernel) {
    case Kernel::LinearParts:
        return of(kLinearParts, type);
    case Kernel::LinearPartsReadTexels:
        return of(kLinearPartsReadTexels, type);
    case Kernel::LinearGated:
        return of(kLinearGated, type);
    case Kernel::LinearGatedReadTexels:
        return of(kLinearGatedReadTexels, type);
    case Kernel::LinearLaurel:
        return of(kLinearLaurel, type);
    case Kernel::LinearLaurelReadTexels:
        return of(kLinearLaurelReadTexels, type);
    case Kernel::LinearCorrect:
        return of(kLinearCorrect, type);
    case Kernel::LinearCorrectReadTexels:
        return of(kLinearCorrectReadTexels, type);
    case Kernel::AltupEnter:
        return altup_enter;
    case Kernel::AltupEnterReadTexels:
        return altup_enter_read_texels;
    case Kernel::AltupLeave:
        return altup_leave;
    default:
        return sparseShaderCode(kernel, type);
    }
}

}  // namespace engine::kernels
