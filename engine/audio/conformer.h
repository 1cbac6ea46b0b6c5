#pragma once

#include <cstdint>

#include "engine/audio/activations.h"
#include "engine/audio/config.h"
#include "engine/audio/weights.h"
#include "engine/kernels/pass.h"

namespace engine::audio {

// What one pass works on. Frames of the front's convolutions and of the blocks are counted from the
// start of the clip.
struct Chunk {
    std::uint32_t melFrames = 0;   // in Activations::mel
    std::uint32_t pending = 0;     // frames that the first convolution made in passes before
    std::uint32_t newFrames = 0;   // that it makes now
    std::uint32_t firstFrame = 0;  // of the second convolution, and of the blocks
    std::uint32_t frames = 0;      // that go through the blocks
    std::uint32_t keptFrames = 0;  // of the first convolution, pending afterwards

    // Frames of the blocks of which rows are made: the first of them, and how many.
    std::uint32_t firstRowFrame(std::uint32_t reduction) const noexcept
    {
        return (reduction - firstFrame % reduction) % reduction;
    }
    std::uint32_t rows(std::uint32_t reduction) const noexcept
    {
        const std::uint32_t first = firstRowFrame(reduction);
        return frames <= first ? 0 : (frames - first - 1) / reduction + 1;
    }
};

// The network (spec 03 §3 to §5), as a list of kernels. Records only.
class Conformer {
public:
    // All must outlive the conformer.
    Conformer(const AudioConfig& config, const AudioWeights& weights)
        : m_config(config)
        , m_weights(weights)
    {
    }

    // From mel frames to `rows` [chunk.rows() × text hidden], and on to what is carried. `taps`, if
    // it names an arena, receives what the front and each block make of the frames: [1 + blocks ×
    // frames].
    void record(kernels::Pass& pass, const Activations& a, CarriedState& state, const Chunk& chunk,
                const gpu::Tensor& rows, const gpu::Tensor& taps) const;

    // The embedder's hard path: `embedding` [1 × hidden] to `row` [1 × text hidden].
    void recordHardRow(kernels::Pass& pass, const Activations& a, const gpu::Tensor& embedding,
                       const gpu::Tensor& row) const;

private:
    struct Buffers;

    void front(kernels::Pass& pass, const Activations& a, CarriedState& state,
               const Chunk& chunk) const;
    void block(kernels::Pass& pass, const Buffers& b, const kernels::KeptFrames& kept,
               std::uint32_t index, std::uint32_t firstFrame) const;
    void embed(kernels::Pass& pass, const gpu::Tensor& input, const gpu::Tensor& norm,
               const Activations& a, const gpu::Tensor& rows) const;

    // What follows a product where nothing is said: the norm of the next matrix, and no other.
    kernels::ConformerTail tailBefore(const gpu::Tensor& nextNorm) const;

    const AudioConfig& m_config;
    const AudioWeights& m_weights;
};

}  // namespace engine::audio
