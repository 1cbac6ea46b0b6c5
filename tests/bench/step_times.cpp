#include "tests/bench/step_times.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <stop_token>
#include <utility>

#include "app/cli/synthetic_model.h"
#include "engine/gpu/arena.h"
#include "engine/model.h"
#include "engine/model_state.h"
#include "engine/runner.h"

namespace bench {
namespace {

using engine::Model;
using engine::Result;
using engine::Runner;

constexpr std::uint32_t kContexts[] = {512, 8192};
constexpr std::uint32_t kCapacity = kContexts[1] + 1;
constexpr int kLeastTurns = 12;
constexpr std::chrono::seconds kLeastTime{10};

Result<std::shared_ptr<const Model>> loadModel(const std::shared_ptr<engine::Device>& device,
                                               const std::string& name)
{
    ENGINE_TRY(const auto file, app::cli::SyntheticModel::write(name));
    engine::ModelPaths paths;
    paths.path = file.path();
    return Model::load(device, paths, {}, std::stop_token());
}

// Memory that was never written may be one page of zeros, and that many times.
void writeZeros(Runner& runner, const engine::decoder::DecoderConfig& config)
{
    std::set<const engine::gpu::Arena*> arenas;
    for (std::uint32_t layer = 0; layer < config.kvLayers; ++layer)
        arenas.insert(runner.cache().layer(layer).keys.arena);
    for (const engine::gpu::Arena* arena : arenas) {
        const std::span<std::byte> mapped = arena->mapped();
        std::memset(mapped.data(), 0, mapped.size());
    }
}

}  // namespace

Result<std::vector<StepTime>> measureSteps(const std::shared_ptr<engine::Device>& device,
                                           const std::string& model)
{
    using Clock = std::chrono::steady_clock;
    ENGINE_TRY(const auto loaded, loadModel(device, model));
    ENGINE_TRY(const auto runner,
               Runner::create(loaded->state(), kCapacity, 1, engine::Kernels::Fused,
                              engine::CachePrecision::Half));
    writeZeros(*runner, loaded->state().config);

    std::vector<StepTime> times;
    for (const std::uint32_t context : kContexts)
        times.push_back({context, std::numeric_limits<double>::infinity(), 0.0, 0.0, 1.0});
    engine::Draw draw;
    draw.options.temperature = 0.0F;
    // The first turn compiles the shaders.
    const auto begin = Clock::now();
    std::uint64_t steps = 0;
    for (int turn = 0; turn < kLeastTurns || Clock::now() - begin < kLeastTime; ++turn) {
        for (StepTime& time : times) {
            const auto start = Clock::now();
            ENGINE_TRY_VOID(runner->step(time.context, 0, draw));
            const std::chrono::duration<double, std::milli> took = Clock::now() - start;
            time.milliseconds = std::min(time.milliseconds, took.count());
            ++steps;
        }
    }
    const double bytes =
        static_cast<double>(runner->counters().weightBytesRead) / static_cast<double>(steps);
    for (StepTime& time : times) {
        time.tokensPerSecond = 1e3 / time.milliseconds;
        time.gigabytesPerSecond = bytes * time.tokensPerSecond * 1e-9;
        time.ratio = time.milliseconds / times.front().milliseconds;
    }
    return times;
}

}  // namespace bench
