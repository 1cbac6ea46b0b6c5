#pragma once

#include <cstdint>
#include <span>

#include "engine/kernels/shader_code.h"

namespace engine::kernels {

// shaderCode() of the kernels in shaders/fused; empty for any other.
std::span<const std::uint32_t> fusedShaderCode(Kernel kernel, file::TensorType type);

}  // namespace engine::kernels
