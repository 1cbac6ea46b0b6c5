#include "engine/audio/activations.h"

#include <algorithm>
#include <span>
#include <utility>

#include "shaders/audio/cumulative_norm_params.h"

namespace engine::audio {
namespace {

struct Request {
    gpu::Tensor* tensor;
    std::uint32_t rows;
    std::uint32_t columns;
};

// All of them in one arena of their own, zeroed.
Result<std::unique_ptr<gpu::Arena>> place(gpu::Context& context, gpu::MemoryUse use,
                                          std::span<const Request> requests)
{
    std::uint64_t total = 0;
    for (const Request& request : requests) {
        const std::uint64_t bytes = gpu::Arena::placedBytes(
            context,
            std::uint64_t{request.rows} * gpu::paddedColumns(request.columns) * sizeof(float));
        if (bytes > context.limits().maxStorageBufferRange)
            return Error{ErrorCode::OutOfMemory,
                         "The encoder for sound needs larger buffers than this device offers."};
        total += bytes;
    }
    ENGINE_TRY(auto arena, gpu::Arena::create(context, total, use));
    ENGINE_TRY_VOID(arena->clear());
    for (const Request& request : requests)
        *request.tensor = arena->place(request.rows, request.columns);
    return arena;
}

std::uint32_t widthOf(const kernels::FrontConvShape& conv)
{
    return conv.outputFrequencies * conv.outputChannels;
}

}  // namespace

Result<CarriedState> CarriedState::create(gpu::Context& context, const AudioConfig& config)
{
    constexpr std::uint32_t kMomentWords = 2 * sizeof(shader::CarriedMoments) / sizeof(float);
    const kernels::FrontConvShape& second = config.front[1];
    CarriedState state;
    state.blocks.resize(config.layers);
    std::vector<Request> requests{
        {&state.norms[0].moments, 1, kMomentWords},
        {&state.norms[1].moments, 1, kMomentWords},
        {&state.pending, std::max(second.kernelFrames - second.strideFrames, 1U),
         widthOf(config.front[0])},
    };
    for (kernels::KeptFrames& block : state.blocks) {
        block.keysValuesRows = config.window - 1;
        block.gatedRows = config.convTaps - 1;
        requests.push_back(
            {&block.keysValues, std::max(block.keysValuesRows, 1U), 2 * config.hiddenSize});
        requests.push_back({&block.gated, std::max(block.gatedRows, 1U), config.hiddenSize});
    }
    for (std::size_t i = 0; i < state.norms.size(); ++i)
        state.norms[i].sumsPerFrame = kernels::frontConvSums(config.front[i]);
    ENGINE_TRY(state.arena, place(context, gpu::MemoryUse::Device, requests));
    return state;
}

Result<Activations> Activations::create(gpu::Context& context, const AudioConfig& config,
                                        std::uint32_t maxFrames)
{
    const std::uint32_t hidden = config.hiddenSize;
    const std::uint32_t rows = (maxFrames + config.reduction - 1) / config.reduction;
    const std::array<std::uint32_t, 2> frames{framesFor(config.front[1], maxFrames), maxFrames};
    Activations a;
    std::vector<Request> requests;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::uint32_t width = widthOf(config.front[i]);
        requests.push_back({&a.convolved[i], frames[i], width});
        requests.push_back({&a.front[i], frames[i], width});
        requests.push_back({&a.sums[i], 1, frames[i] * kernels::frontConvSums(config.front[i])});
        requests.push_back({&a.deviations[i], 1, frames[i]});
    }
    for (gpu::Tensor* tensor :
         {&a.residual, &a.normalized, &a.product, &a.attended, &a.convolvedGates})
        requests.push_back({tensor, maxFrames, hidden});
    requests.push_back({&a.arrivals, 1, maxFrames});
    requests.push_back({&a.feedForward, maxFrames, config.ffnWidth});
    requests.push_back({&a.qkv, maxFrames, 3 * hidden});
    requests.push_back({&a.gates, maxFrames, 2 * hidden});
    requests.push_back({&a.softNormalized, rows, hidden});
    requests.push_back({&a.projected, rows, config.textHiddenSize});
    const Request mel{&a.mel, framesFor(config.front[0], frames[0]), config.melBins};

    ENGINE_TRY(auto device, place(context, gpu::MemoryUse::Device, requests));
    ENGINE_TRY(auto host, place(context, gpu::MemoryUse::HostWrite, std::span(&mel, 1)));
    a.arenas.push_back(std::move(device));
    a.arenas.push_back(std::move(host));
    return a;
}

}  // namespace engine::audio
