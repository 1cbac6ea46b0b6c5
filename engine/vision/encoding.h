#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/encoders.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/context.h"
#include "engine/kernels/catalogue.h"
#include "engine/result.h"
#include "engine/vision/mobilenet.h"

namespace engine::vision {

// What one submission of an encoding took.
struct SubmissionCost {
    BlockKind kind = BlockKind::Stem;
    bool isDense = false;  // nothing but dense convolutions
    std::chrono::nanoseconds duration{};
    std::uint64_t flops = 0;
    std::uint64_t weightBytes = 0;
    std::uint64_t dispatches = 0;
};

// What a caller may want to see of an encoding; each may be left empty.
struct EncodingObserver {
    std::function<void(double fraction)> progressed;  // of the work, after each submission

    // Submissions then end where the kind of block changes and where dense convolutions begin and
    // end, so that each is of one kind.
    std::function<void(const SubmissionCost&)> submitted;

    // The output of a block, "block.S.B", or "features" [soft tokens × width]: [pixels × channels].
    std::function<void(const std::string& block, const std::vector<float>& values)> tapped;
};

// Rows for the text model and what holds them.
struct EncodedPicture {
    std::unique_ptr<gpu::Arena> arena;
    gpu::Tensor tokens;              // [soft tokens × hidden size]
    std::uint64_t scratchBytes = 0;  // of device memory, besides weights and tokens
};

// Squashes a picture to size × size pixels (0: what the model was made for) and encodes it, in
// submissions of about a fifth of a second. Fails with InvalidInput for an empty picture or a size
// that the network or the device cannot take, with OutOfMemory, with DeviceLost, or with Cancelled.
Result<EncodedPicture> encodePicture(gpu::Context& context, kernels::Catalogue& catalogue,
                                     const NetworkWeights& network, const VisionConfig& config,
                                     const Image& image, std::uint32_t size,
                                     const EncodingObserver& observer, const std::stop_token& stop);

}  // namespace engine::vision
