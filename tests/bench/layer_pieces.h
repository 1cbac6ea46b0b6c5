#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/file/tensor_type.h"
#include "engine/gpu/context.h"
#include "engine/kernels/pass.h"
#include "engine/result.h"

namespace bench {

// What is done for one token somewhere in a layer, in two ways.
struct Piece {
    using Record = std::function<void(engine::kernels::Pass&)>;

    std::string name;
    Record plain;
    Record fused;
};

struct LayerPieces {
    std::vector<Piece> pieces;
    std::shared_ptr<const void> held;  // the memory that they work on
};

// Of a layer of E2B's shape with matrices of one type, all zeros, and 8,192 positions in the cache.
engine::Result<LayerPieces> piecesOfALayer(engine::gpu::Context& context,
                                           engine::file::TensorType type);

}  // namespace bench
