#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/pass.h"
#include "engine/vision/sources.h"
#include "engine/vision/weights.h"
#include "engine/vision/workspace.h"

namespace engine::vision {

// What a step belongs to, for measurements.
enum class BlockKind { Stem, EdgeResidual, InvertedResidual, Attention, Fusion, Embedder };

const char* nameOf(BlockKind kind) noexcept;

// A piece of the encoder's work that is short enough to be submitted by itself.
struct Step {
    BlockKind kind = BlockKind::Stem;
    bool isDense = false;    // a dense convolution, which is a product of matrices
    std::uint64_t work = 0;  // floating-point operations, or what takes a CPU driver as long
    std::function<void(kernels::Pass&)> record;
};

// Called when the output of a block is complete; `index` is of the step that completes it. What
// lies in `output` is overwritten some steps later.
using Tap = std::function<void(const std::string& block, std::size_t index, const gpu::Tensor&)>;

// The encoder for pictures of one size, as a list of steps.
struct Plan {
    std::vector<Step> steps;
    std::uint64_t work = 0;          // of all
    std::uint64_t scratchBytes = 0;  // of the arena that the steps work in
    std::uint64_t largestBytes = 0;  // of one tensor in it
};

// What comes in and goes out.
struct PlanTensors {
    const gpu::Arena* scratch = nullptr;
    gpu::Tensor picture;  // [size² × 4]: red, green and blue from 0 to 1, and a one (spec 02 §1)
    gpu::Tensor features;  // [soft tokens × width of the encoder]: what the embedder gets
    gpu::Tensor tokens;    // [soft tokens × hidden size of the text model]
};

// Lays out the encoding of a picture of size × size pixels. Without tensors the plan only tells
// what it takes; with them, in a scratch arena of that many bytes, it can be run. `size` is one
// that isPossibleSize() allows.
Plan planEncoding(const gpu::Context& context, const NetworkWeights& network,
                  const VisionConfig& config, std::uint32_t size, const PlanTensors& tensors,
                  const Tap& tap = {});

// What sides of pictures are multiples of.
std::uint32_t sizeUnit(const VisionConfig& config) noexcept;
bool isPossibleSize(const VisionConfig& config, std::uint32_t size) noexcept;

// The hard path of the embedder (spec 02 §6): [1 × hidden size] of the row that ends a picture.
// `scratch` is [1 × width].
void recordEndOfImage(kernels::Pass& pass, const NetworkWeights& network,
                      const VisionConfig& config, const gpu::Tensor& scratch,
                      const gpu::Tensor& output);

}  // namespace engine::vision
