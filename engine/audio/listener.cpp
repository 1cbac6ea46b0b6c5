#include "engine/audio/listener.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/gpu/download.h"

namespace engine::audio {
namespace {

// Frames that a convolution can make of so many, counted from the start of the clip. What lies
// after the end of the clip is zero; before it is known to be the end, it has to be waited for.
std::uint32_t outputsOf(const kernels::FrontConvShape& conv, std::uint32_t inputs, bool isLast)
{
    if (isLast)
        return (inputs + conv.strideFrames - 1) / conv.strideFrames;
    return inputs < conv.kernelFrames ? 0 : (inputs - conv.kernelFrames) / conv.strideFrames + 1;
}

}  // namespace

Result<std::unique_ptr<Listener>>
Listener::create(gpu::Context& context, kernels::Catalogue& catalogue, const AudioConfig& config,
                 const AudioWeights& weights, const gpu::Tensor& rows)
{
    ENGINE_TRY(auto state, CarriedState::create(context, config));
    ENGINE_TRY(auto activations, Activations::create(context, config, kMostFrames));
    std::unique_ptr<Listener> listener(new Listener(context, catalogue, config, weights,
                                                    std::move(state), std::move(activations)));
    listener->m_rows = rows;
    ENGINE_TRY(listener->m_commands, gpu::CommandBuffer::create(context));
    return listener;
}

Listener::Listener(gpu::Context& context, kernels::Catalogue& catalogue, const AudioConfig& config,
                   const AudioWeights& weights, CarriedState state, Activations activations)
    : m_context(context)
    , m_catalogue(catalogue)
    , m_config(config)
    , m_conformer(config, weights)
    , m_spectrogram(config.melBins)
    , m_state(std::move(state))
    , m_activations(std::move(activations))
{
}

Result<void> Listener::push(std::span<const float> samples, const std::stop_token& stop)
{
    m_spectrogram.push(samples, m_mel);
    return encode(/*isLast=*/false, stop);
}

Result<void> Listener::finish(const std::stop_token& stop)
{
    m_spectrogram.finish(m_mel);
    return encode(/*isLast=*/true, stop);
}

Result<void> Listener::encode(bool isLast, const std::stop_token& stop)
{
    for (;;) {
        const Chunk chunk = nextChunk(isLast);
        if (chunk.frames < (isLast ? 1 : kLeastFrames))
            return {};
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Listening was cancelled."};
        ENGINE_TRY_VOID(run(chunk));
    }
}

Chunk Listener::nextChunk(bool isLast) const
{
    const kernels::FrontConvShape& first = m_config.front[0];
    const kernels::FrontConvShape& second = m_config.front[1];
    // m_mel begins where the first convolution goes on.
    const std::uint32_t melEnd = m_firstFrames * first.strideFrames +
                                 static_cast<std::uint32_t>(m_mel.size() / m_config.melBins);
    const std::uint32_t firstEnd = std::max(outputsOf(first, melEnd, isLast), m_firstFrames);
    const std::uint32_t end = outputsOf(second, firstEnd, isLast);
    if (end <= m_frames)
        return {};

    Chunk chunk;
    chunk.firstFrame = m_frames;
    chunk.frames = std::min(end - m_frames, kMostFrames);
    chunk.pending = m_firstFrames - m_frames * second.strideFrames;
    const std::uint32_t needed = m_frames * second.strideFrames + framesFor(second, chunk.frames);
    chunk.newFrames = std::min(needed, firstEnd) - m_firstFrames;
    chunk.melFrames =
        std::min(framesFor(first, chunk.newFrames), melEnd - m_firstFrames * first.strideFrames);
    const std::uint32_t used = chunk.frames * second.strideFrames;
    const std::uint32_t available = chunk.pending + chunk.newFrames;
    chunk.keptFrames = available > used ? available - used : 0;
    return chunk;
}

void Listener::writeMel(const Chunk& chunk) const
{
    const gpu::Tensor& mel = m_activations.mel;
    const auto bytes = mel.arena->mapped().subspan(mel.offset, mel.bytes);
    auto* const to = reinterpret_cast<float*>(bytes.data());
    for (std::size_t row = 0; row < chunk.melFrames; ++row)
        std::copy_n(m_mel.begin() + static_cast<std::ptrdiff_t>(row * m_config.melBins),
                    m_config.melBins, to + row * mel.stride);
}

Result<void> Listener::run(const Chunk& chunk)
{
    const std::uint32_t rows = chunk.rows(m_config.reduction);
    ENGINE_CHECK(m_rowCount + rows <= m_rows.rows);
    std::unique_ptr<gpu::Arena> tapArena;
    gpu::Tensor taps;
    if (m_observer) {
        const std::uint32_t tapRows = (1 + m_config.layers) * chunk.frames;
        const std::uint64_t bytes =
            std::uint64_t{tapRows} * gpu::paddedColumns(m_config.hiddenSize) * sizeof(float);
        ENGINE_TRY(tapArena,
                   gpu::Arena::create(m_context, gpu::Arena::placedBytes(m_context, bytes),
                                      gpu::MemoryUse::HostRead));
        taps = tapArena->place(tapRows, m_config.hiddenSize);
    }

    writeMel(chunk);
    ENGINE_TRY_VOID(m_commands->begin());
    kernels::Pass pass(*m_commands, m_catalogue);
    m_conformer.record(pass, m_activations, m_state, chunk, m_rows.rowsFrom(m_rowCount, rows),
                       taps);
    ENGINE_TRY(const auto costs, pass.finish());
    ENGINE_TRY_VOID(m_commands->submitAndWait());
    ++m_counters.passes;
    m_counters.dispatches += costs.dispatches;
    m_counters.flops += costs.flops;

    const std::size_t used = std::min<std::size_t>(
        std::size_t{chunk.newFrames} * m_config.front[0].strideFrames * m_config.melBins,
        m_mel.size());
    m_mel.erase(m_mel.begin(), m_mel.begin() + static_cast<std::ptrdiff_t>(used));
    m_firstFrames += chunk.newFrames;
    m_frames += chunk.frames;
    m_rowCount += rows;
    return m_observer ? showObserver(taps, chunk.frames) : Result<void>();
}

Result<void> Listener::showObserver(const gpu::Tensor& taps, std::uint32_t frames) const
{
    for (std::uint32_t stage = 0; stage <= m_config.layers; ++stage) {
        ENGINE_TRY(const auto values,
                   gpu::download(m_context, taps.rowsFrom(stage * frames, frames)));
        m_observer(stage, values);
    }
    return {};
}

}  // namespace engine::audio
