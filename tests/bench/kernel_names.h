#pragma once

#include <string_view>

#include "engine/kernels/shader_code.h"

namespace bench {

// As its shader's file is called, with the form.
std::string_view nameOf(engine::kernels::Kernel kernel);

}  // namespace bench
