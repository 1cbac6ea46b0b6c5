#pragma once

#include <memory>

#include "engine/device.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/tensor.h"
#include "engine/message.h"

namespace engine {

// Where the rows of encoded media lie. Private to the engine.
struct SoftTokens::Rows {
    std::shared_ptr<Device> device;  // outlives the arena below it
    std::unique_ptr<gpu::Arena> arena;
    gpu::Tensor tensor;  // [count × hidden size]
};

}  // namespace engine
