#pragma once

#include <memory>
#include <optional>

#include "engine/device.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/tensor.h"
#include "engine/message.h"

namespace engine {

// Where the rows of encoded media lie. Private to the engine.
struct SoftTokens::Rows {
    std::shared_ptr<Device> device;     // outlives the arena below it
    std::shared_ptr<gpu::Arena> arena;  // of a clip: that of all its rows
    gpu::Tensor tensor;                 // [count × hidden size]; padding is zero
    // The row of the id that ends the medium, by the same embedder. Absent in such a row itself.
    std::optional<SoftTokens> end;
};

}  // namespace engine
