#pragma once

#include <cstdint>

#include "engine/decoder/config.h"
#include "engine/decoder/slice.h"
#include "engine/decoder/weights.h"

namespace engine::decoder {

// What passes through a slice cost by the shapes of the matrices alone, to compare with what was
// counted.

struct ShapeCosts {
    // Bytes that decoding a token reads at least: every matrix as it is stored in the file, cut to
    // the widths in use, and one row of the embeddings (spec 01 §8.5).
    std::uint64_t leastWeightBytes = 0;
    // Multiply-adds, times 2, of the matrices of every active layer for one row, and of what comes
    // before the first; without attention and the output head.
    std::uint64_t rowFlops = 0;
};
ShapeCosts shapeCosts(const DecoderConfig& config, const Weights& weights,
                      const Slice& slice) noexcept;

}  // namespace engine::decoder
