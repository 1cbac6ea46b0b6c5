#include "engine/vision/measurement.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "engine/gpu/arena.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/vision.h"
#include "engine/vision/encoding.h"

namespace engine::vision {
namespace {

double secondsOf(std::chrono::nanoseconds duration)
{
    return std::chrono::duration<double>(duration).count();
}

// A product whose matrices are large enough that only multiplying counts: [512 × 2048] by 2048
// rows.
constexpr std::uint32_t kProductRows = 512;
constexpr std::uint32_t kProductColumns = 2048;
constexpr int kProductRuns = 5;

Result<double> measureProduct(gpu::Context& context, kernels::Catalogue& catalogue)
{
    const auto bytesFor = [&context](std::uint32_t rows) {
        return gpu::Arena::placedBytes(context,
                                       std::uint64_t{rows} * kProductColumns * sizeof(float));
    };
    ENGINE_TRY(const auto arena,
               gpu::Arena::create(context, 2 * bytesFor(kProductRows) + bytesFor(kProductColumns),
                                  gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(arena->clear());
    const gpu::Tensor a = arena->place(kProductRows, kProductColumns);
    const gpu::Tensor b = arena->place(kProductColumns, kProductColumns);
    const gpu::Tensor output = arena->place(kProductRows, kProductColumns);

    ENGINE_TRY(const auto commands, gpu::CommandBuffer::create(context));
    ENGINE_TRY_VOID(commands->begin());
    kernels::Pass pass(*commands, catalogue);
    kernels::multiplyRows(pass, a, b, output, {0, b.rows, 0, a.rows});
    ENGINE_TRY(const auto costs, pass.finish());
    double best = 0.0;
    for (int i = 0; i < kProductRuns; ++i) {
        const auto start = std::chrono::steady_clock::now();
        ENGINE_TRY_VOID(commands->submitAndWait());
        const double seconds = secondsOf(std::chrono::steady_clock::now() - start);
        best = std::max(best, static_cast<double>(costs.flops) / seconds);
    }
    return best;
}

VisionCosts::Kind& kindNamed(VisionCosts& costs, const std::string& name)
{
    const auto found = std::find_if(costs.kinds.begin(), costs.kinds.end(),
                                    [&](const auto& kind) { return kind.name == name; });
    if (found != costs.kinds.end())
        return *found;
    costs.kinds.push_back({name});
    return costs.kinds.back();
}

}  // namespace

Result<VisionCosts> measureEncoding(gpu::Context& context, kernels::Catalogue& catalogue,
                                    const NetworkWeights& network, const VisionConfig& config,
                                    const Image& image, std::uint32_t size,
                                    const std::stop_token& stop)
{
    VisionCosts costs;
    EncodingObserver observer;
    observer.submitted = [&costs](const SubmissionCost& submission) {
        const double seconds = secondsOf(submission.duration);
        VisionCosts::Kind& kind = kindNamed(costs, nameOf(submission.kind));
        kind.seconds += seconds;
        kind.flops += submission.flops;
        kind.dispatches += submission.dispatches;
        if (submission.isDense) {
            costs.denseSeconds += seconds;
            costs.denseFlops += submission.flops;
        }
        costs.longestSubmissionSeconds = std::max(costs.longestSubmissionSeconds, seconds);
        costs.weightBytes += submission.weightBytes;
        ++costs.submissions;
    };
    for (int run = 0; run < 2; ++run) {
        costs = {};
        ENGINE_TRY(const auto encoded,
                   encodePicture(context, catalogue, network, config, image, size, observer, stop));
        costs.activationBytes = encoded.scratchBytes;
    }
    ENGINE_TRY(costs.productFlopsPerSecond, measureProduct(context, catalogue));
    return costs;
}

}  // namespace engine::vision
