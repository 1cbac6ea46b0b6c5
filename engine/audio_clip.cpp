#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/audio/mel_spectrogram.h"
#include "engine/audio_state.h"
#include "engine/encoders.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/pass.h"
#include "engine/soft_token_rows.h"

namespace engine {
namespace {

// "30.1".
std::string secondsText(std::uint64_t samples)
{
    const std::uint64_t tenths = (samples * 10 + audio::MelSpectrogram::kSampleRateHz / 2) /
                                 audio::MelSpectrogram::kSampleRateHz;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

Result<void> check(const AudioClip::State& state, std::span<const float> samples)
{
    if (state.isFinished)
        return Error{ErrorCode::InvalidInput, "The clip is finished; begin another."};
    const std::uint64_t most = state.encoder->info().samplesPerClip;
    if (samples.size() > most - state.listener->samples())
        return Error{ErrorCode::InvalidInput,
                     "The sound is longer than " + secondsText(most) +
                         " s, the most that the model hears in one clip; cut it."};
    if (!std::all_of(samples.begin(), samples.end(), [](float s) { return std::isfinite(s); }))
        return Error{ErrorCode::InvalidInput, "The sound holds samples that are not numbers."};
    return {};
}

// Copies the padding's row behind the clip's own.
Result<void> pad(const AudioClip::State& state)
{
    const std::uint32_t rows = state.listener->rows();
    if (rows == state.rows.rows)
        return {};
    const AudioEncoder::State& encoder = state.encoder->state();
    ENGINE_TRY(const auto commands, gpu::CommandBuffer::create(encoder.device->context()));
    ENGINE_TRY_VOID(commands->begin());
    kernels::Pass pass(*commands, encoder.device->catalogue());
    for (std::uint32_t row = rows; row < state.rows.rows; ++row)
        pass.copy(encoder.padding->rows().tensor, state.rows.rowsFrom(row, 1),
                  std::uint64_t{state.rows.stride} * sizeof(float));
    ENGINE_TRY_VOID(pass.finish());
    return commands->submitAndWait();
}

SoftTokens firstRows(const AudioClip::State& state, std::uint32_t count)
{
    auto rows = std::make_shared<SoftTokens::Rows>();
    rows->device = state.encoder->state().device;
    rows->arena = state.arena;
    rows->tensor = state.rows.rowsFrom(0, count);
    rows->end = state.encoder->endOfAudio();
    return {SoftTokens::Source::Sound, count, std::move(rows)};
}

}  // namespace

Result<AudioClip> AudioClip::create(std::shared_ptr<const AudioEncoder> encoder)
{
    const AudioEncoder::State& from = encoder->state();
    gpu::Context& context = from.device->context();
    const std::uint32_t count = from.config.softTokensPerClip;
    const std::uint32_t hidden = from.config.textHiddenSize;
    auto state = std::make_unique<State>();
    ENGINE_TRY(state->arena,
               gpu::Arena::create(context,
                                  gpu::Arena::placedBytes(context, std::uint64_t{count} *
                                                                       gpu::paddedColumns(hidden) *
                                                                       sizeof(float)),
                                  gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(state->arena->clear());
    state->rows = state->arena->place(count, hidden);
    ENGINE_TRY(state->listener, audio::Listener::create(context, from.device->catalogue(),
                                                        from.config, from.weights, state->rows));
    state->encoder = std::move(encoder);
    return AudioClip(std::move(state));
}

AudioClip::AudioClip(std::unique_ptr<State> state) : m_state(std::move(state)) {}

AudioClip::AudioClip(AudioClip&&) noexcept = default;
AudioClip& AudioClip::operator=(AudioClip&&) noexcept = default;
AudioClip::~AudioClip() = default;

Result<void> AudioClip::push(std::span<const float> samples, const std::stop_token& stop)
{
    ENGINE_TRY_VOID(check(*m_state, samples));
    return m_state->listener->push(samples, stop);
}

Result<SoftTokens> AudioClip::finish(const std::stop_token& stop)
{
    ENGINE_TRY_VOID(check(*m_state, {}));
    if (m_state->listener->samples() == 0)
        return Error{ErrorCode::InvalidInput, "The sound is empty."};
    ENGINE_TRY_VOID(m_state->listener->finish(stop));
    ENGINE_TRY_VOID(pad(*m_state));
    m_state->isFinished = true;
    return firstRows(*m_state, m_state->rows.rows);
}

std::uint32_t AudioClip::rowCount() const noexcept
{
    return m_state->listener->rows();
}

SoftTokens AudioClip::rows() const
{
    return firstRows(*m_state, rowCount());
}

std::uint32_t AudioClip::rowsWhenFinished() const noexcept
{
    return m_state->rows.rows;
}

std::uint64_t AudioClip::samples() const noexcept
{
    return m_state->listener->samples();
}

AudioCosts AudioClip::costs() const noexcept
{
    const audio::ListenerCounters& counters = m_state->listener->counters();
    return {counters.passes, counters.dispatches, counters.flops, m_state->listener->stateBytes()};
}

}  // namespace engine
