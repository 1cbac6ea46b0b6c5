#include <utility>

#include "engine/audio/mel_spectrogram.h"
#include "engine/audio/sources.h"
#include "engine/audio_state.h"
#include "engine/encoders.h"
#include "engine/file/model_files.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/pass.h"
#include "engine/soft_token_rows.h"

namespace engine {
namespace {

// The row of an id that has an embedding of its own.
Result<SoftTokens> encodeHardRow(const AudioEncoder::State& state,
                                 const audio::Activations& activations,
                                 const gpu::Tensor& embedding)
{
    gpu::Context& context = state.device->context();
    const std::uint32_t hidden = state.config.textHiddenSize;
    const std::uint64_t bytes = std::uint64_t{gpu::paddedColumns(hidden)} * sizeof(float);
    auto rows = std::make_shared<SoftTokens::Rows>();
    rows->device = state.device;
    ENGINE_TRY(rows->arena, gpu::Arena::create(context, gpu::Arena::placedBytes(context, bytes),
                                               gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(rows->arena->clear());
    rows->tensor = rows->arena->place(1, hidden);

    ENGINE_TRY(const auto commands, gpu::CommandBuffer::create(context));
    ENGINE_TRY_VOID(commands->begin());
    kernels::Pass pass(*commands, state.device->catalogue());
    audio::Conformer(state.config, state.weights)
        .recordHardRow(pass, activations, embedding, rows->tensor);
    ENGINE_TRY_VOID(pass.finish());
    ENGINE_TRY_VOID(commands->submitAndWait());
    return SoftTokens(SoftTokens::Source::Sound, 1, std::move(rows));
}

Result<void> encodeHardRows(AudioEncoder::State& state)
{
    ENGINE_TRY(const auto activations,
               audio::Activations::create(state.device->context(), state.config, 1));
    ENGINE_TRY(state.endOfAudio, encodeHardRow(state, activations, state.weights.endOfAudio));
    ENGINE_TRY(state.padding, encodeHardRow(state, activations, state.weights.padding));
    return {};
}

AudioInfo infoOf(const AudioEncoder::State& state, std::uint64_t parameters)
{
    return {.softTokensPerClip = state.config.softTokensPerClip,
            .samplesPerClip = std::uint64_t{state.config.softTokensPerClip} *
                              state.config.melFramesPerRow() * audio::MelSpectrogram::kHopSamples,
            .hiddenSize = state.config.textHiddenSize,
            .blocks = state.config.layers,
            .parameters = parameters,
            .deviceWeightBytes = state.weights.held.bytes};
}

}  // namespace

Result<std::shared_ptr<const AudioEncoder>> AudioEncoder::load(std::shared_ptr<Device> device,
                                                               const std::filesystem::path& path,
                                                               const Model::Progress& progress,
                                                               const std::stop_token& stop)
{
    auto state = std::make_unique<State>();
    state->device = std::move(device);
    ENGINE_TRY(const auto files, file::openModelFiles(path));
    ENGINE_TRY(state->config, audio::readAudioConfig(files));
    ENGINE_TRY(const auto sources, audio::findTensors(state->config, files));

    gpu::Context& context = state->device->context();
    const auto report = [&progress](std::uint64_t done, std::uint64_t total) {
        if (progress)
            progress({done, total});
    };
    ENGINE_TRY(state->weights,
               audio::uploadWeights(context, state->config, sources, files.tensors, report, stop));
    state->info = infoOf(*state, sources.parameters());
    ENGINE_TRY_VOID(encodeHardRows(*state));
    return std::shared_ptr<const AudioEncoder>(new AudioEncoder(std::move(state)));
}

AudioEncoder::AudioEncoder(std::unique_ptr<State> state) : m_state(std::move(state)) {}

AudioEncoder::~AudioEncoder() = default;

const AudioInfo& AudioEncoder::info() const noexcept
{
    return m_state->info;
}

const SoftTokens& AudioEncoder::endOfAudio() const noexcept
{
    return *m_state->endOfAudio;
}

const SoftTokens& AudioEncoder::padding() const noexcept
{
    return *m_state->padding;
}

}  // namespace engine
