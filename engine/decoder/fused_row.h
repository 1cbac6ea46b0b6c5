#pragma once

#include <cstdint>
#include <functional>

#include "engine/decoder/activations.h"
#include "engine/decoder/config.h"
#include "engine/decoder/kv_cache.h"
#include "engine/decoder/slice.h"
#include "engine/decoder/weights.h"
#include "engine/kernels/pass.h"

namespace engine::decoder {

// The forward pass of one row in as few dispatches as there can be: nine a layer, ten where it is
// sparse. What Decoder records for many rows, and with Kernels::Plain for one, is the same in plain
// steps. Only here are weights of neurons that a gate cuts left unread.
//
// What a layer of Gemma 3n injects into the streams at its end is left to whatever comes next,
// which needs the whole row of it: the entry of the next active layer, or the end.
class FusedRow {
public:
    // Called where the streams before a layer are whole, if there is anything to call.
    using Tap = std::function<void(std::uint32_t layer)>;

    // Whether the kernels have a form for a model of these widths.
    static bool serves(const DecoderConfig& config) noexcept;

    // All must outlive it.
    FusedRow(const DecoderConfig& config, const Weights& weights, const KvCache& cache);

    // From the row's embedding in the first stream, or the residual, and its per-layer inputs to
    // a.output, through the layers of `slice`. What sparse layers read is in a.tally then.
    void record(kernels::Pass& pass, const Activations& a, const Slice& slice,
                const Tap& tap) const;

private:
    void recordGemma3n(kernels::Pass& pass, const Activations& a, const Slice& slice,
                       const Tap& tap) const;
    void recordGemma3(kernels::Pass& pass, const Activations& a, const Slice& slice,
                      const Tap& tap) const;
    void enterStreams(kernels::Pass& pass, const Activations& a) const;
    void layerGemma3n(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                      std::uint32_t ffnWidth) const;
    void layerGemma3(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                     std::uint32_t ffnWidth) const;
    // The network and AltUp's correction by it.
    void feedForward(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                     std::uint32_t ffnWidth) const;
    void leaveStreams(kernels::Pass& pass, const Activations& a) const;
    std::uint32_t splitsFor(const kernels::Pass& pass, const Activations& a) const;
    void attend(kernels::Pass& pass, const Activations& a, std::uint32_t index) const;
    void gate(kernels::Pass& pass, const Activations& a, std::uint32_t index,
              std::uint32_t ffnWidth) const;

    const DecoderConfig& m_config;
    const Weights& m_weights;
    const KvCache& m_cache;
};

}  // namespace engine::decoder
