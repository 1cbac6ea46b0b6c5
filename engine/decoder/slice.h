#pragma once

#include <cstdint>
#include <vector>

#include "engine/decoder/config.h"

namespace engine::decoder {

struct LayerSlice {
    bool isActive = true;
    std::uint32_t ffnWidth = 0;  // the first so many neurons

    friend bool operator==(const LayerSlice&, const LayerSlice&) = default;
};

// Layers [first, first + count).
struct LayerRun {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

// The part of the weights that passes run through: a view, which moves nothing (spec 01 §7). Layers
// keep the numbers that they have in the file, and with them their kind, sparsity, per-layer inputs
// and where they borrow keys and values.
struct Slice {
    std::vector<LayerSlice> layers;

    static Slice whole(const DecoderConfig& config);

    // Of the layers that own keys and values, the last that is active: prefill ends there.
    std::uint32_t lastKvLayer(const DecoderConfig& config) const noexcept;

    // The active ones of layers [0, end), neighbours together.
    std::vector<LayerRun> runsBelow(std::uint32_t end) const;

    // Whether both write the same keys and values for the same tokens: what comes after the last
    // layer that owns any makes no difference to the cache.
    bool storesTheSameAs(const Slice& other, const DecoderConfig& config) const noexcept;

    friend bool operator==(const Slice&, const Slice&) = default;
};

}  // namespace engine::decoder
