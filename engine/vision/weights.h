#pragma once

#include <cstdint>
#include <stop_token>

#include "engine/file/tensor_table.h"
#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/weight_upload.h"
#include "engine/result.h"
#include "engine/vision/network.h"
#include "engine/vision/sources.h"

namespace engine::vision {

// A dense convolution on the device: a row per output, as kernels::conv2d() reads it.
struct DenseWeights {
    kernels::Matrix matrix;
    std::uint32_t kernel = 1;
    std::uint32_t inputs = 0;
};

struct DeviceParts {
    using Dense = DenseWeights;
    using Depthwise = gpu::Tensor;  // [kernel² × channels]
    using Vector = gpu::Tensor;     // [1 × channels]
    using Rows = gpu::Tensor;       // [rows × columns]
};

using NetworkWeights = Network<DeviceParts>;

struct VisionWeights {
    NetworkWeights network;
    std::uint64_t parameters = 0;  // as stored
    kernels::WeightArenas held;
};

// Places every tensor, allocates, and copies. Products of single pixels are kept as they are
// stored; kernels of more are turned so that the channels of a pixel lie side by side, and held as
// float32. Fails with OutOfMemory, with Cancelled, or with InvalidFile where a value is no number.
Result<VisionWeights> uploadWeights(gpu::Context& context, const NetworkSources& sources,
                                    const file::TensorTable& files,
                                    const kernels::UploadProgress& progress,
                                    const std::stop_token& stop);

}  // namespace engine::vision
