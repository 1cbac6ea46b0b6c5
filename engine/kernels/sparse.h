#pragma once

#include <cstdint>
#include <span>

#include "engine/gpu/tensor.h"
#include "engine/kernels/fused.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"

// The feed-forward network of one row where the gate cuts most neurons (spec 01 §2.8, §8.3). What
// is cut adds exactly nothing, so the weights of those neurons are not read. It answers to the
// references of gatedGelu() and of the products around it.

namespace engine::kernels {

// What the parts of it hand to one another, and what they count.
struct SparseScratch {
    gpu::Tensor moments;    // [1 × neurons]
    gpu::Tensor cutoff;     // [1 × 1]
    gpu::Tensor survivors;  // [1 × survivorWords()] 32-bit words, a bit for each neuron
    gpu::Tensor tally;      // [1 × kTallyWords]; see SparseTally
    gpu::Tensor arrivals;   // Arrivals
};

// 32-bit words for so many neurons.
std::uint32_t survivorWords(std::uint32_t neurons) noexcept;

// Words of SparseScratch::tally. The device adds to them what depends on how many survive, and so
// is not among what a Pass counts.
constexpr std::uint32_t kSparseTallyWords = 4;
struct SparseTally {
    std::uint64_t weightBytes = 0;
    std::uint64_t neurons = 0;
};
SparseTally readTally(std::span<const std::uint32_t> words);

struct SparseNetwork {
    RowProduct gate;
    RowProduct
        up;  // its output is gelu(gate - cutoff) · up where that is not 0, and older elsewhere
    const ColumnMatrix* down = nullptr;
    float multiplier = 0.0F;  // of the standard deviation
    SparseScratch scratch;
};

// Whether the weights lie so that sparseGate() and sparseCorrect() can take them.
bool canSkipNeurons(const Pass& pass, const SparseNetwork& network);

// gate.output and up.output, and which neurons survive.
void sparseGate(Pass& pass, const SparseNetwork& network);

// linearCorrect() of a product with the survivors of sparseGate(): correction.down names no weight.
void sparseCorrect(Pass& pass, const SparseNetwork& network, const AltupCorrection& correction);

}  // namespace engine::kernels
