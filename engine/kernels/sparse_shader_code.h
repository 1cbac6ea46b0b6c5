#pragma once

#include <cstdint>
#include <span>

#include "engine/kernels/shader_code.h"

namespace engine::kernels {

// shaderCode() of the kernels of sparse layers; empty for any other.
std::span<const std::uint32_t> sparseShaderCode(Kernel kernel, file::TensorType type);

}  // namespace engine::kernels
