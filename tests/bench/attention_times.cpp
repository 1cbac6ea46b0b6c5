#include "tests/bench/attention_times.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/attention.h"
#include "engine/kernels/catalogue.h"
#include "engine/kernels/pass.h"
#include "shaders/include/step_state.h"

namespace bench {
namespace {

using engine::Result;
using engine::gpu::Arena;
using engine::gpu::CommandBuffer;
using engine::gpu::Context;
using engine::gpu::MemoryUse;
using engine::gpu::Tensor;
using engine::kernels::AttentionShape;
using engine::kernels::KvTensors;
using engine::kernels::Pass;

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Case {
    const char* name;
    std::uint32_t tokens;
    std::uint32_t positions;  // of the last token, and one
    std::uint32_t window;     // 0: all
};

// Slots of a sliding layer are the window and what the engine adds to it.
constexpr std::uint32_t kWindow = 512;
constexpr std::uint32_t kRing = kWindow + 1024;
constexpr std::uint32_t kPositions = 8192;
constexpr std::uint32_t kChunk = 64;
constexpr std::uint32_t kMostSplits = 32;
constexpr AttentionShape kShape{8, 2, 256, 0, 1.0F};

constexpr std::array kCases = {
    Case{"one token, 512 keys", 1, kWindow, 0},
    Case{"one token, 8,192 keys", 1, kPositions, 0},
    Case{"one token at 512, sliding", 1, kWindow, kWindow},
    Case{"one token at 8,192, sliding", 1, kPositions, kWindow},
    Case{"64 tokens, 512 keys", kChunk, kWindow, 0},
    Case{"64 tokens, 8,192 keys", kChunk, kPositions, 0},
    Case{"64 tokens at 8,192, sliding", kChunk, kPositions, kWindow},
};

// A case and what it works on.
class Measured {
public:
    static Result<std::unique_ptr<Measured>> create(Context& context,
                                                    engine::kernels::Catalogue& catalogue,
                                                    const Case& what, std::uint32_t repeats);

    // Milliseconds of one dispatch.
    Result<double> submit()
    {
        const auto start = Clock::now();
        ENGINE_TRY_VOID(m_commands->submitAndWait());
        return Milliseconds(Clock::now() - start).count() / m_repeats;
    }

private:
    Measured(const Case& what, std::uint32_t repeats) : m_case(what), m_repeats(repeats) {}

    Result<void> place(Context& context);
    void record(Pass& pass) const;

    Case m_case;
    std::uint32_t m_repeats;
    std::unique_ptr<Arena> m_arena;
    std::unique_ptr<Arena> m_hostArena;
    std::unique_ptr<CommandBuffer> m_commands;
    Tensor m_step;
    Tensor m_queries;
    Tensor m_output;
    KvTensors m_cache;
    engine::kernels::SplitScratch m_scratch;
};

// All zeros: every key weighs the same, and none is left out.
Result<void> Measured::place(Context& context)
{
    const std::uint32_t width = kShape.kvHeads * kShape.headDim;
    const std::uint32_t slots =
        m_case.window == 0 ? m_case.positions : std::min(m_case.positions, kRing);
    const std::uint64_t cacheBytes = std::uint64_t{slots} * width * sizeof(std::uint16_t);
    const std::uint32_t heads = kShape.heads;
    const auto rowBytes = [&](std::uint32_t rows, std::uint32_t columns) {
        return Arena::placedBytes(context,
                                  std::uint64_t{4} * rows * engine::gpu::paddedColumns(columns));
    };
    ENGINE_TRY(m_arena, Arena::create(context,
                                      2 * Arena::placedBytes(context, cacheBytes) +
                                          2 * rowBytes(m_case.tokens, heads * kShape.headDim) +
                                          rowBytes(kMostSplits * heads, kShape.headDim + 4) +
                                          rowBytes(1, heads),
                                      MemoryUse::Device));
    ENGINE_TRY_VOID(m_arena->clear());
    m_cache = {m_arena->placeBytes(cacheBytes), m_arena->placeBytes(cacheBytes),
               engine::file::TensorType::F16};
    for (Tensor* tensor : {&m_cache.keys, &m_cache.values}) {
        tensor->rows = slots;
        tensor->columns = tensor->stride = width;
    }
    m_queries = m_arena->place(m_case.tokens, heads * kShape.headDim);
    m_output = m_arena->place(m_case.tokens, heads * kShape.headDim);
    m_scratch = {m_arena->place(kMostSplits * heads, kShape.headDim + 4), m_arena->place(1, heads)};

    constexpr std::uint64_t kStepBytes = sizeof(engine::shader::StepState);
    ENGINE_TRY(m_hostArena, Arena::create(context, Arena::placedBytes(context, kStepBytes),
                                          MemoryUse::HostWrite));
    ENGINE_TRY_VOID(m_hostArena->clear());
    m_step = m_hostArena->placeBytes(kStepBytes);
    reinterpret_cast<engine::shader::StepState*>(m_hostArena->mapped().data() + m_step.offset)
        ->firstPosition = m_case.positions - m_case.tokens;
    return {};
}

void Measured::record(Pass& pass) const
{
    AttentionShape shape = kShape;
    shape.window = m_case.window;
    if (m_case.tokens > 1) {
        engine::kernels::attention(pass, m_step, shape, m_queries, m_cache, m_output);
        return;
    }
    const std::uint32_t splits = (pass.sizes().busy + shape.kvHeads - 1) / shape.kvHeads;
    engine::kernels::attentionSplit(pass, m_step, shape, m_queries, m_cache,
                                    std::min(splits, kMostSplits), m_scratch, m_output);
}

Result<std::unique_ptr<Measured>> Measured::create(Context& context,
                                                   engine::kernels::Catalogue& catalogue,
                                                   const Case& what, std::uint32_t repeats)
{
    std::unique_ptr<Measured> measured(new Measured(what, repeats));
    ENGINE_TRY_VOID(measured->place(context));
    ENGINE_TRY(measured->m_commands, CommandBuffer::create(context));
    ENGINE_TRY_VOID(measured->m_commands->begin());
    Pass pass(*measured->m_commands, catalogue);
    for (std::uint32_t i = 0; i < repeats; ++i)
        measured->record(pass);
    ENGINE_TRY_VOID(pass.finish());
    return measured;
}

}  // namespace

Result<std::vector<AttentionTime>> measureAttention(Context& context, std::uint32_t repeats)
{
    constexpr double kMostMilliseconds = 250.0;
    constexpr int kTurns = 12;
    engine::kernels::Catalogue catalogue(context);
    std::vector<AttentionTime> times;
    std::vector<std::unique_ptr<Measured>> all;
    for (const Case& one : kCases) {
        // The first submission compiles, the second says how many fit.
        ENGINE_TRY(auto measured, Measured::create(context, catalogue, one, 1));
        ENGINE_TRY(const double first, measured->submit());
        ENGINE_TRY(const double second, measured->submit());
        const std::uint32_t keys =
            one.window == 0 ? one.positions : std::min(one.positions, one.window);
        times.push_back({one.name, one.tokens, keys, second, first, 0.0});
        const auto fitting = static_cast<std::uint32_t>(
            std::clamp(kMostMilliseconds / second, 1.0, static_cast<double>(repeats)));
        ENGINE_TRY(measured, Measured::create(context, catalogue, one, fitting));
        all.push_back(std::move(measured));
    }
    for (int turn = 0; turn < kTurns; ++turn) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            ENGINE_TRY(const double milliseconds, all[i]->submit());
            times[i].milliseconds = std::min(times[i].milliseconds, milliseconds);
        }
    }
    for (AttentionTime& time : times) {
        const double bytes =
            2.0 * sizeof(std::uint16_t) * kShape.kvHeads * kShape.headDim * time.keys * time.tokens;
        time.gigabytesPerSecond = bytes / time.milliseconds * 1e-6;
    }
    return times;
}

}  // namespace bench
