#pragma once

#include <memory>
#include <optional>

#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/vision/sources.h"
#include "engine/vision/weights.h"

namespace engine {

// What a loaded vision encoder is made of. Private to the engine.
struct VisionEncoder::State {
    std::shared_ptr<Device> device;  // outlives the arenas below it
    VisionInfo info;
    vision::VisionConfig config;
    vision::VisionWeights weights;
    std::optional<SoftTokens> endOfImage;
};

}  // namespace engine
