#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/decoder/config.h"
#include "tests/reference/decoder_weights.h"

namespace reference {

// What a pass over T tokens gives. Gemma 3n has `altupInputs` streams, Gemma 3 one.
struct ForwardPass {
    std::vector<float> streams;  // [layers × streams × T × hidden], as each layer receives them
    std::vector<float> logits;   // [T × vocabulary]
};

// Rows [count × hidden] that stand for those of the embedding table, unscaled: encoded media.
struct EmbeddingRows {
    std::size_t first = 0;  // position
    std::vector<float> rows;
};

// The whole forward pass of spec 01 §2 (Gemma 3n) or §5 (Gemma 3) over `ids` at positions 0 to
// T - 1, without a cache.
ForwardPass forward(const engine::decoder::DecoderConfig& config, const DecoderWeights& weights,
                    std::span<const std::uint32_t> ids, std::span<const EmbeddingRows> media = {});

}  // namespace reference
