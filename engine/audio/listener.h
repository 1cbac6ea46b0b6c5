#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/audio/activations.h"
#include "engine/audio/conformer.h"
#include "engine/audio/mel_spectrogram.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/catalogue.h"
#include "engine/kernels/pass.h"
#include "engine/result.h"

namespace engine::audio {

// What a listener has done so far; exact.
struct ListenerCounters {
    std::uint32_t passes = 0;
    std::uint64_t dispatches = 0;
    std::uint64_t flops = 0;
};

// Encodes one clip while it is heard: samples in, rows out. Samples wait until they make enough
// frames to be worth a pass, because each pass reads all weights; what is encoded does not depend
// on how they came.
class Listener {
public:
    // Encoder frames that make a pass before the clip is finished, and at most in one: half a
    // second of sound, and what a stop may have to wait for.
    static constexpr std::uint32_t kLeastFrames = 12;
    static constexpr std::uint32_t kMostFrames = 48;

    // `rows` [at least the rows of the clip × text hidden] receives them. All must outlive the
    // listener.
    static Result<std::unique_ptr<Listener>>
    create(gpu::Context& context, kernels::Catalogue& catalogue, const AudioConfig& config,
           const AudioWeights& weights, const gpu::Tensor& rows);

    // Takes samples, 16 kHz mono. Stopped with Cancelled between passes, it has still taken them
    // and goes on with them at the next call.
    Result<void> push(std::span<const float> samples, const std::stop_token& stop);

    // Encodes what is left. Once; afterwards nothing is pushed.
    Result<void> finish(const std::stop_token& stop);

    // Samples that push() took, and rows that came of them.
    std::uint64_t samples() const noexcept { return m_spectrogram.samples(); }
    std::uint32_t rows() const noexcept { return m_rowCount; }

    const ListenerCounters& counters() const noexcept { return m_counters; }
    std::uint64_t stateBytes() const noexcept { return m_state.bytes(); }

    // Calls `observer` after each pass with what the front (stage 0) and each block made of its
    // frames [frames × hidden], for tests. Before the first push().
    using Observer = std::function<void(std::uint32_t stage, std::span<const float> frames)>;
    void observe(Observer observer) { m_observer = std::move(observer); }

private:
    Listener(gpu::Context& context, kernels::Catalogue& catalogue, const AudioConfig& config,
             const AudioWeights& weights, CarriedState state, Activations activations);

    Result<void> encode(bool isLast, const std::stop_token& stop);
    Chunk nextChunk(bool isLast) const;
    Result<void> run(const Chunk& chunk);
    Result<void> showObserver(const gpu::Tensor& taps, std::uint32_t frames) const;
    void writeMel(const Chunk& chunk) const;

    gpu::Context& m_context;
    kernels::Catalogue& m_catalogue;
    const AudioConfig& m_config;
    Conformer m_conformer;
    MelSpectrogram m_spectrogram;
    CarriedState m_state;
    Activations m_activations;
    gpu::Tensor m_rows;
    std::unique_ptr<gpu::CommandBuffer> m_commands;
    Observer m_observer;
    ListenerCounters m_counters;

    std::vector<float> m_mel;         // frames that the first convolution still needs
    std::uint32_t m_firstFrames = 0;  // that the first convolution has made
    std::uint32_t m_frames = 0;       // that went through the blocks
    std::uint32_t m_rowCount = 0;
};

}  // namespace engine::audio
