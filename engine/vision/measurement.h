#pragma once

#include <cstdint>
#include <stop_token>

#include "engine/encoders.h"
#include "engine/gpu/context.h"
#include "engine/kernels/catalogue.h"
#include "engine/result.h"
#include "engine/vision/sources.h"
#include "engine/vision/weights.h"

namespace engine::vision {

// Encodes a picture as encodePicture() does, first to have every shader compiled, then to measure;
// and multiplies two large matrices on the same device, to compare with.
Result<VisionCosts> measureEncoding(gpu::Context& context, kernels::Catalogue& catalogue,
                                    const NetworkWeights& network, const VisionConfig& config,
                                    const Image& image, std::uint32_t size,
                                    const std::stop_token& stop);

}  // namespace engine::vision
