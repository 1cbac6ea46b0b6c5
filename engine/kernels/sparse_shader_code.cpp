#include "engine/kernels/sparse_shader_code.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"

#include "spirv/sparse_correct_bf16.spv.h"
#include "spirv/sparse_correct_f16.spv.h"
#include "spirv/sparse_correct_f32.spv.h"
#include "spirv/sparse_correct_q4_0.spv.h"
#include "spirv/sparse_correct_q4_k.spv.h"
#include "spirv/sparse_correct_q5_k.spv.h"
#include "spirv/sparse_correct_q6_k.spv.h"
#include "spirv/sparse_correct_q8_0.spv.h"
#include "spirv/sparse_correct_read_texels_bf16.spv.h"
#include "spirv/sparse_correct_read_texels_f16.spv.h"
#include "spirv/sparse_correct_read_texels_f32.spv.h"
#include "spirv/sparse_correct_read_texels_q4_0.spv.h"
#include "spirv/sparse_correct_read_texels_q4_k.spv.h"
#include "spirv/sparse_correct_read_texels_q5_k.spv.h"
#include "spirv/sparse_correct_read_texels_q6_k.spv.h"
#include "spirv/sparse_correct_read_texels_q8_0.spv.h"
#include "spirv/sparse_gate_bf16.spv.h"
#include "spirv/sparse_gate_f16.spv.h"
#include "spirv/sparse_gate_f32.spv.h"
#include "spirv/sparse_gate_q4_0.spv.h"
#include "spirv/sparse_gate_q4_1.spv.h"
#include "spirv/sparse_gate_q4_k.spv.h"
#include "spirv/sparse_gate_q5_0.spv.h"
#include "spirv/sparse_gate_q5_1.spv.h"
#include "spirv/sparse_gate_q5_k.spv.h"
#include "spirv/sparse_gate_q6_k.spv.h"
#include "spirv/sparse_gate_q8_0.spv.h"
#include "spirv/sparse_gate_read_texels_bf16.spv.h"
#include "spirv/sparse_gate_read_texels_f16.spv.h"
#include "spirv/sparse_gate_read_texels_f32.spv.h"
#include "spirv/sparse_gate_read_texels_q4_0.spv.h"
#include "spirv/sparse_gate_read_texels_q4_1.spv.h"
#include "spirv/sparse_gate_read_texels_q4_k.spv.h"
#include "spirv/sparse_gate_read_texels_q5_0.spv.h"
#include "spirv/sparse_gate_read_texels_q5_1.spv.h"
#include "spirv/sparse_gate_read_texels_q5_k.spv.h"
#include "spirv/sparse_gate_read_texels_q6_k.spv.h"
#include "spirv/sparse_gate_read_texels_q8_0.spv.h"
#include "spirv/sparse_up_bf16.spv.h"
#include "spirv/sparse_up_f16.spv.h"
#include "spirv/sparse_up_f32.spv.h"
#include "spirv/sparse_up_q4_0.spv.h"
#include "spirv/sparse_up_q4_1.spv.h"
#include "spirv/sparse_up_q4_k.spv.h"
#include "spirv/sparse_up_q5_0.spv.h"
#include "spirv/sparse_up_q5_1.spv.h"
#include "spirv/sparse_up_q5_k.spv.h"
#include "spirv/sparse_up_q6_k.spv.h"
#include "spirv/sparse_up_q8_0.spv.h"
#include "spirv/sparse_up_read_texels_bf16.spv.h"
#include "spirv/sparse_up_read_texels_f16.spv.h"
#include "spirv/sparse_up_read_texels_f32.spv.h"
#include "spirv/sparse_up_read_texels_q4_0.spv.h"
#include "spirv/sparse_up_read_texels_q4_1.spv.h"
#include "spirv/sparse_up_read_texels_q4_k.spv.h"
#include "spirv/sparse_up_read_texels_q5_0.spv.h"
#include "spirv/sparse_up_read_texels_q5_1.spv.h"
#include "spirv/sparse_up_read_texels_q5_k.spv.h"
#include "spirv/sparse_up_read_texels_q6_k.spv.h"
#include "spirv/sparse_up_read_texels_q8_0.spv.h"

namespace engine::kernels {
namespace {

using file::TensorType;

constexpr std::array kTypes = {TensorType::F32,  TensorType::F16,  TensorType::BF16,
                               TensorType::Q8_0, TensorType::Q4_0, TensorType::Q4_1,
                               TensorType::Q5_0, TensorType::Q5_1, TensorType::Q4_K,
                               TensorType::Q5_K, TensorType::Q6_K};

// In the order of kTypes.
using CodeByType = std::array<std::span<const std::uint32_t>, kTypes.size()>;

const CodeByType kSparseGate{sparse_gate_f32,  sparse_gate_f16,  sparse_gate_bf16, sparse_gate_q8_0,
                             sparse_gate_q4_0, sparse_gate_q4_1, sparse_gate_q5_0, sparse_gate_q5_1,
                             sparse_gate_q4_k, sparse_gate_q5_k, sparse_gate_q6_k};
const CodeByType kSparseGateReadTexels{
    sparse_gate_read_texels_f32,  sparse_gate_read_texels_f16,  sparse_gate_read_texels_bf16,
    sparse_gate_read_texels_q8_0, sparse_gate_read_texels_q4_0, sparse_gate_read_texels_q4_1,
    sparse_gate_read_texels_q5_0, sparse_gate_read_texels_q5_1, sparse_gate_read_texels_q4_k,
    sparse_gate_read_texels_q5_k, sparse_gate_read_texels_q6_k};
const CodeByType kSparseUp{sparse_up_f32,  sparse_up_f16,  sparse_up_bf16, sparse_up_q8_0,
                           sparse_up_q4_0, sparse_up_q4_1, sparse_up_q5_0, sparse_up_q5_1,
                           sparse_up_q4_k, sparse_up_q5_k, sparse_up_q6_k};
const CodeByType kSparseUpReadTexels{
    sparse_up_read_texels_f32,  sparse_up_read_texels_f16,  sparse_up_read_texels_bf16,
    sparse_up_read_texels_q8_0, sparse_up_read_texels_q4_0, sparse_up_read_texels_q4_1,
    sparse_up_read_texels_q5_0, sparse_up_read_texels_q5_1, sparse_up_read_texels_q4_k,
    sparse_up_read_texels_q5_k, sparse_up_read_texels_q6_k};
// By columns some types lie as others do: columnForm().
const CodeByType kSparseCorrect{sparse_correct_f32,  sparse_correct_f16,  sparse_correct_bf16,
                                sparse_correct_q8_0, sparse_correct_q4_0, sparse_correct_q4_k,
                                sparse_correct_q8_0, sparse_correct_q5_k, sparse_correct_q4_k,
                                sparse_correct_q5_k, sparse_correct_q6_k};
const CodeByType kSparseCorrectReadTexels{
    sparse_correct_read_texels_f32,  sparse_correct_read_texels_f16,
    sparse_correct_read_texels_bf16, sparse_correct_read_texels_q8_0,
    sparse_correct_read_texels_q4_0, sparse_correct_read_texels_q4_k,
    sparse_correct_read_texels_q8_0, sparse_correct_read_texels_q5_k,
    sparse_correct_read_texels_q4_k, sparse_correct_read_texels_q5_k,
    sparse_correct_read_texels_q6_k};

std::span<const std::uint32_t> of(const CodeByType& code, TensorType type)
{
    const auto* found = std::find(kTypes.begin(), kTypes.end(), type);
    ENGINE_CHECK(found != kTypes.end());
    return code.at(static_cast<std::size_t>(found - kTypes.begin()));
}

}  // namespace

std::span<const std::uint32_t> sparseShaderCode(Kernel kernel, TensorType type)
{
    switch (kernel) {
    case Kernel::SparseGate:
        return of(kSparseGate, type);
    case Kernel::SparseGateReadTexels:
        return of(kSparseGateReadTexels, type);
    case Kernel::SparseUp:
        return of(kSparseUp, type);
    case Kernel::SparseUpReadTexels:
        return of(kSparseUpReadTexels, type);
    case Kernel::SparseCorrect:
        return of(kSparseCorrect, type);
    case Kernel::SparseCorrectReadTexels:
        return of(kSparseCorrectReadTexels, type);
    default:
        return {};
    }
}

}  // namespace engine::kernels
