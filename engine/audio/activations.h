#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/audio/config.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/context.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/audio.h"
#include "engine/result.h"

namespace engine::audio {

// What a clip carries from one pass to the next (spec 03 §9.3), as if nothing had been heard yet.
struct CarriedState {
    static Result<CarriedState> create(gpu::Context& context, const AudioConfig& config);

    std::array<kernels::CarriedNorm, 2> norms;  // without their room to work in
    gpu::Tensor pending;                        // frames that the second convolution still needs
    std::vector<kernels::KeptFrames> blocks;

    std::unique_ptr<gpu::Arena> arena;
    std::uint64_t bytes() const noexcept { return arena->size(); }
};

// Every intermediate tensor of a pass, for at most `maxFrames` frames. Holds nothing from one pass
// to the next.
struct Activations {
    static Result<Activations> create(gpu::Context& context, const AudioConfig& config,
                                      std::uint32_t maxFrames);

    gpu::Tensor mel;  // [mel frames × bins], written by the host

    std::array<gpu::Tensor, 2> convolved;   // [frames × frequencies · channels], as in `front`
    std::array<gpu::Tensor, 2> front;       // the same after norm and activation
    std::array<gpu::Tensor, 2> sums;        // of `convolved`
    std::array<gpu::Tensor, 2> deviations;  // of `convolved`
    gpu::Tensor residual;                   // x                       [frames × hidden]
    gpu::Tensor normalized;                 // what the next matrix reads
    gpu::Tensor product;                    // of a matrix, before its tail
    gpu::Tensor arrivals;                   // of workgroups
    gpu::Tensor feedForward;                // [frames × FFN width]
    gpu::Tensor qkv;                        // [frames × 3 · hidden]
    gpu::Tensor attended;                   // [frames × hidden]
    gpu::Tensor gates;                      // [frames × 2 · hidden]
    gpu::Tensor convolvedGates;             // [frames × hidden]
    gpu::Tensor softNormalized;             // [rows × hidden]
    gpu::Tensor projected;                  // [rows × text hidden]

    std::vector<std::unique_ptr<gpu::Arena>> arenas;
};

// Frames that a convolution reads to make so many: the last of them looks ahead.
constexpr std::uint32_t framesFor(const kernels::FrontConvShape& conv, std::uint32_t outputs)
{
    return outputs == 0 ? 0 : (outputs - 1) * conv.strideFrames + conv.kernelFrames;
}

}  // namespace engine::audio
