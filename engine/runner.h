#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/decoder/activations.h"
#include "engine/decoder/costs.h"
#include "engine/decoder/decoder.h"
#include "engine/decoder/kv_cache.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/pass.h"
#include "engine/model_state.h"
#include "engine/session.h"
#include "shaders/include/step_state.h"

namespace engine {

// How the next token is to be drawn.
struct Draw {
    SamplingOptions options;
    float pick = 0.0F;  // in [0, 1): where in the distribution
};

// The forward passes of one session: fills what the host writes, records, submits, and counts. It
// knows positions and the cache, and nothing of conversations.
class Runner {
public:
    static Result<std::unique_ptr<Runner>> create(const Model::State& model, std::uint32_t capacity,
                                                  std::uint32_t maxRows, Kernels kernels,
                                                  CachePrecision precision);

    // Reads ids at positions from `first` on into the cache; as many as maxRows at most. `media`
    // are the rows of those that are no text.
    Result<void> prefill(std::uint32_t first, std::span<const TokenId> ids,
                         std::span<const decoder::EmbeddingRows> media);

    // Feeds one id at `position` through every layer and draws the next.
    Result<shader::StepResult> step(std::uint32_t position, TokenId id, const Draw& draw);

    // Runs a step as step() does, and says what each of its dispatches took. It is recorded for
    // that, and the next one anew.
    struct Timed {
        kernels::Dispatched what;
        double milliseconds = 0.0;
    };
    Result<std::vector<Timed>> timeStep(std::uint32_t position, TokenId id, const Draw& draw);

    // Logits [rows × vocabulary] of ids at positions from `first` on, and the streams before each
    // layer [layers × streams × rows × hidden] if asked for.
    struct Evaluation {
        std::vector<float> logits;
        std::vector<float> streams;
    };
    Result<Evaluation> evaluate(std::uint32_t first, std::span<const TokenId> ids,
                                bool withStreams);

    // What later passes run through; the cache stays as it is. Free of cost but for the step, which
    // is recorded anew. Fails as recording does, and then the next step tries again.
    Result<void> setSlice(decoder::Slice slice);
    const decoder::Slice& slice() const noexcept { return m_decoder.slice(); }

    // Marks the ids that stand in the conversation, for the repetition penalty. Those that are no
    // text do not count.
    void setSeen(std::span<const TokenId> conversation);
    void addSeen(TokenId id);

    std::uint32_t maxRows() const noexcept { return m_maxRows; }
    // What sparse layers read is looked up where the device counts it.
    Counters counters() const;
    decoder::KvCache& cache() noexcept { return m_cache; }
    std::uint64_t deviceBytes() const noexcept { return m_cache.bytes() + m_activations.bytes(); }

private:
    Runner(const Model::State& model, decoder::KvCache cache, decoder::Activations activations,
           std::uint32_t maxRows, Kernels kernels);

    shader::StepState& stepState() const;
    void writeInputs(std::uint32_t first, std::span<const TokenId> ids, std::uint32_t layers);
    Result<std::vector<kernels::Dispatched>> recordStep(gpu::Stopwatch* stopwatch = nullptr);
    Result<void> submit(gpu::CommandBuffer& commands, const kernels::PassCosts& costs);
    std::uint64_t allLayerFlops(std::uint32_t first, std::uint32_t rows) const noexcept;
    Result<void> readLogits(std::uint32_t rows, std::vector<float>& logits);

    const Model::State& m_model;
    decoder::KvCache m_cache;
    decoder::Activations m_activations;
    decoder::Decoder m_decoder;
    decoder::ShapeCosts m_shapeCosts;  // of the slice
    std::uint32_t m_maxRows;
    std::unique_ptr<gpu::CommandBuffer> m_commands;      // recorded anew for each chunk
    std::unique_ptr<gpu::CommandBuffer> m_stepCommands;  // recorded once, replayed for each token
    std::optional<kernels::PassCosts> m_stepCosts;       // once it is recorded
    Counters m_counters;
};

}  // namespace engine
