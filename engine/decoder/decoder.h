#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "engine/decoder/activations.h"
#include "engine/decoder/config.h"
#include "engine/decoder/fused_row.h"
#include "engine/decoder/kv_cache.h"
#include "engine/decoder/slice.h"
#include "engine/decoder/weights.h"
#include "engine/kernels/pass.h"
#include "engine/message.h"

namespace engine::decoder {

// Rows that stand in the place of those of the embedding table: encoded pictures and sounds, which
// are not scaled (spec 02 §6).
struct EmbeddingRows {
    std::uint32_t firstRow = 0;  // of the pass
    gpu::Tensor rows;            // [count × hidden]
};

// The forward pass, as a list of kernels. Records only: what the host puts into the activations
// (ids, positions, per-layer rows) and when it submits is the session's business.
//
// It runs through the whole model unless it is given a slice of it, whose layers keep their
// numbers.
//
// Activations hold as many rows as the pass is to have: Activations::withRows().
class Decoder {
public:
    // All must outlive the decoder. `kernels` is what one row goes through; several always go
    // through the plain ones.
    Decoder(const DecoderConfig& config, const Weights& weights, const KvCache& cache,
            Kernels kernels);

    // For what is recorded from now on.
    void setSlice(Slice slice) { m_slice = std::move(slice); }
    const Slice& slice() const noexcept { return m_slice; }

    // Reads rows into the cache, and no more than that (spec 01 §8.1): layers that own no keys and
    // values are left out, and of the last that does, all but its keys and values.
    void recordPrefill(kernels::Pass& pass, const Activations& a,
                       std::span<const EmbeddingRows> media) const;

    // One row through every layer, to a drawn token in a.result.
    void recordStep(kernels::Pass& pass, const Activations& a) const;

    // Rows through every layer, to a.output. `taps`, if it names an arena, receives the streams
    // before each layer: [layers × streams × rows × padded hidden].
    void recordAll(kernels::Pass& pass, const Activations& a, const gpu::Tensor& taps) const;

    // Logits of rows that recordAll() left in a.output, whole vocabulary, softcap applied.
    void recordHead(kernels::Pass& pass, const gpu::Tensor& output,
                    const gpu::Tensor& logits) const;

    // Streams that recordAll() taps: AltUp inputs, or one.
    std::uint32_t streamCount() const noexcept;

    // Layers [0, prefillEnd()) are those that recordPrefill() runs whole; of the next it takes the
    // keys and values.
    std::uint32_t prefillEnd() const noexcept { return m_slice.lastKvLayer(m_config); }

    // Multiply-adds of attention, times 2, for rows [first, first + rows) in layers [0, layers).
    std::uint64_t attentionFlops(std::uint32_t first, std::uint32_t rows,
                                 std::uint32_t layers) const noexcept;

private:
    // What a layer leaves behind: everything, or only its keys and values.
    enum class Extent { Whole, KeysAndValues };

    // The embeddings, and the per-layer inputs of layers [0, layers) that are made of them.
    void embedTokens(kernels::Pass& pass, const Activations& a,
                     std::span<const EmbeddingRows> media, std::uint32_t layers) const;
    void projectPerLayerInputs(kernels::Pass& pass, const Activations& a,
                               const gpu::Tensor& embedding, std::uint32_t layers) const;
    // The streams of AltUp before the first layer.
    void enterStreams(kernels::Pass& pass, const Activations& a) const;
    void layer(kernels::Pass& pass, const Activations& a, std::uint32_t index, Extent extent) const;
    void layerGemma3n(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                      Extent extent) const;
    void layerGemma3(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                     Extent extent) const;
    void attend(kernels::Pass& pass, const Activations& a, std::uint32_t index,
                Extent extent) const;
    void feedForward(kernels::Pass& pass, const Activations& a, std::uint32_t index) const;
    void finish(kernels::Pass& pass, const Activations& a) const;

    const DecoderConfig& m_config;
    const Weights& m_weights;
    const KvCache& m_cache;
    Slice m_slice;
    Kernels m_kernels;
    FusedRow m_fusedRow;
};

}  // namespace engine::decoder
