#include "tests/bench/step_times.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <stop_token>
#include <utility>

#include "app/cli/synthetic_model.h"
#include "engine/file/tensor_type.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"
#include "engine/model.h"
#include "engine/model_state.h"
#include "engine/runner.h"
#include "tests/bench/kernel_names.h"

namespace bench {
namespace {

using engine::Model;
using engine::Result;
using engine::Runner;
using engine::kernels::Matrix;

constexpr std::uint32_t kContexts[] = {512, 8192};
constexpr std::uint32_t kCapacity = kContexts[1] + 1;
constexpr int kLeastTurns = 12;
constexpr std::chrono::seconds kLeastTime{10};
constexpr int kTimedSteps = 7;

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

double sumOf(const std::vector<Runner::Timed>& dispatches)
{
    return std::accumulate(
        dispatches.begin(), dispatches.end(), 0.0,
        [](double sum, const Runner::Timed& one) { return sum + one.milliseconds; });
}

std::string labelOf(const engine::kernels::Dispatched& what)
{
    std::string label(nameOf(what.kernel));
    if (what.weightBytes > 0)
        label += " " + std::string(engine::file::typeInfo(what.type).name) + ", " +
                 std::to_string((what.weightBytes + 500) / 1000) + " kB";
    return label;
}

std::vector<const Matrix*> matricesOf(const engine::decoder::Weights& weights)
{
    std::vector<const Matrix*> all{&weights.perLayerModelProjection};
    for (const Matrix& matrix : weights.altupProjections)
        all.push_back(&matrix);
    for (const engine::decoder::LayerWeights& layer : weights.layers) {
        for (const Matrix* matrix :
             {&layer.qProj, &layer.kProj, &layer.vProj, &layer.laurelLeft, &layer.oProj,
              &layer.laurelRight, &layer.gateProj, &layer.upProj, &layer.downProj,
              &layer.perLayerInputGate, &layer.perLayerProjection}) {
            if (matrix->rows > 0)
                all.push_back(matrix);
        }
    }
    for (const Matrix& matrix : weights.altupUnembedProjections)
        all.push_back(&matrix);
    all.push_back(&weights.embedTokens);
    return all;
}

// In the order in which a step needs them, so that each comes from where it would come then.
struct Products {
    std::unique_ptr<engine::gpu::Arena> arena;  // inputs and outputs
    std::unique_ptr<engine::gpu::CommandBuffer> commands;
    engine::kernels::PassCosts costs;
};

Result<Products> recordProducts(engine::Device& device, const engine::decoder::Weights& weights)
{
    using engine::gpu::Arena;
    const auto matrices = matricesOf(weights);
    std::uint32_t columns = 0;
    std::uint32_t rows = 0;
    for (const Matrix* matrix : matrices) {
        columns = std::max(columns, matrix->columns);
        rows = std::max(rows, matrix->rows);
    }
    engine::gpu::Context& context = device.context();
    Products products;
    ENGINE_TRY(products.arena,
               Arena::create(context,
                             Arena::placedBytes(context, std::uint64_t{4} * columns) +
                                 Arena::placedBytes(context, std::uint64_t{4} * rows),
                             engine::gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(products.arena->clear());
    const engine::gpu::Tensor input = products.arena->place(1, columns);
    const engine::gpu::Tensor output = products.arena->place(1, rows);
    ENGINE_TRY(products.commands, engine::gpu::CommandBuffer::create(context));
    ENGINE_TRY_VOID(products.commands->begin());
    engine::kernels::Pass pass(*products.commands, device.catalogue());
    for (const Matrix* matrix : matrices)
        engine::kernels::linear(pass, *matrix, input.firstColumns(matrix->columns),
                                output.firstColumns(matrix->rows));
    ENGINE_TRY(products.costs, pass.finish());
    return products;
}

// Of the fastest of several steps.
Result<std::vector<KernelTime>> measureKernels(Runner& runner, const engine::Draw& draw)
{
    std::vector<Runner::Timed> best;
    for (int i = 0; i < kTimedSteps; ++i) {
        ENGINE_TRY(auto dispatches, runner.timeStep(kContexts[0], 0, draw));
        if (best.empty() || sumOf(dispatches) < sumOf(best))
            best = std::move(dispatches);
    }
    std::map<std::string, KernelTime> byLabel;
    std::map<std::string, std::uint64_t> bytes;
    for (const Runner::Timed& one : best) {
        const std::string label = labelOf(one.what);
        KernelTime& time = byLabel[label];
        time.name = label;
        ++time.dispatches;
        time.milliseconds += one.milliseconds;
        bytes[label] += one.what.weightBytes;
    }
    std::vector<KernelTime> times;
    for (auto& [label, time] : byLabel) {
        time.share = time.milliseconds / sumOf(best);
        time.gigabytesPerSecond = static_cast<double>(bytes[label]) / time.milliseconds * 1e-6;
        times.push_back(std::move(time));
    }
    std::sort(times.begin(), times.end(), [](const KernelTime& one, const KernelTime& other) {
        return one.milliseconds > other.milliseconds;
    });
    return times;
}

}  // namespace

Result<StepTimes> measureSteps(const std::shared_ptr<engine::Device>& device,
                               const std::string& model)
{
    using Clock = std::chrono::steady_clock;
    ENGINE_TRY(const auto loaded, loadModel(device, model));
    ENGINE_TRY(const auto runner,
               Runner::create(loaded->state(), kCapacity, 1, engine::Kernels::Fused,
                              engine::CachePrecision::Half));
    writeZeros(*runner, loaded->state().config);

    StepTimes times;
    for (const std::uint32_t context : kContexts)
        times.steps.push_back({context, std::numeric_limits<double>::infinity(), 0.0, 0.0, 1.0});
    engine::Draw draw;
    draw.options.temperature = 0.0F;
    ENGINE_TRY(const auto products, recordProducts(*device, loaded->state().weights));
    times.productMilliseconds = std::numeric_limits<double>::infinity();
    times.productBytes = products.costs.weightBytes;
    // The first turn compiles the shaders.
    const auto begin = Clock::now();
    std::uint64_t steps = 0;
    for (int turn = 0; turn < kLeastTurns || Clock::now() - begin < kLeastTime; ++turn) {
        for (StepTime& time : times.steps) {
            const auto start = Clock::now();
            ENGINE_TRY_VOID(runner->step(time.context, 0, draw));
            const std::chrono::duration<double, std::milli> took = Clock::now() - start;
            time.milliseconds = std::min(time.milliseconds, took.count());
            ++steps;
        }
        const auto start = Clock::now();
        ENGINE_TRY_VOID(products.commands->submitAndWait());
        const std::chrono::duration<double, std::milli> took = Clock::now() - start;
        times.productMilliseconds = std::min(times.productMilliseconds, took.count());
    }
    const double bytes =
        static_cast<double>(runner->counters().weightBytesRead) / static_cast<double>(steps);
    for (StepTime& time : times.steps) {
        time.tokensPerSecond = 1e3 / time.milliseconds;
        time.gigabytesPerSecond = bytes * time.tokensPerSecond * 1e-9;
        time.ratio = time.milliseconds / times.steps.front().milliseconds;
    }
    ENGINE_TRY(times.kernels, measureKernels(*runner, draw));
    return times;
}

}  // namespace bench
