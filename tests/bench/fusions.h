#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/file/tensor_type.h"
#include "engine/gpu/context.h"
#include "engine/result.h"

namespace bench {

// A piece of a layer for one token, in plain kernels and fused: the same work, measured in turns.
struct Fusion {
    std::string name;
    std::uint32_t plainDispatches = 0;
    std::uint32_t fusedDispatches = 0;
    double plainMilliseconds = 0.0;  // the best of several submissions
    double fusedMilliseconds = 0.0;
};

// Of a layer of E2B's shape with matrices of one type, all zeros. A submission holds each piece
// `repeats` times.
engine::Result<std::vector<Fusion>>
measureFusions(engine::gpu::Context& context, engine::file::TensorType type, std::uint32_t repeats);

}  // namespace bench
