#pragma once

#include <vector>

#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/result.h"

namespace engine::gpu {

// The rows of a tensor without their padding, [rows × columns], copied from the device. Fails with
// OutOfMemory or DeviceLost.
Result<std::vector<float>> download(Context& context, const Tensor& tensor);

}  // namespace engine::gpu
