#include "engine/vision/encoding.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/gpu/commands.h"
#include "engine/gpu/download.h"
#include "engine/vision/image_preprocess.h"

namespace engine::vision {
namespace {

using Clock = std::chrono::steady_clock;

// How long a submission should take: short enough to be stopped after and for a driver's watchdog,
// long enough that what lies between two does not count.
constexpr double kSubmissionSeconds = 0.2;
constexpr std::uint64_t kFirstWork = 1'000'000'000;
constexpr double kFastestGrowth = 4.0;

constexpr std::uint32_t kPictureChannels = 4;

// Memory of one encoding.
struct Memory {
    std::unique_ptr<gpu::Arena> scratch;
    std::unique_ptr<gpu::Arena> picture;
    std::unique_ptr<gpu::Arena> tokens;
    std::unique_ptr<gpu::Arena> features;
    PlanTensors tensors;
};

Result<std::unique_ptr<gpu::Arena>> arenaFor(gpu::Context& context, std::uint32_t rows,
                                             std::uint32_t columns, gpu::MemoryUse use,
                                             gpu::Tensor& tensor)
{
    const std::uint64_t bytes = std::uint64_t{rows} * gpu::paddedColumns(columns) * sizeof(float);
    ENGINE_TRY(auto arena,
               gpu::Arena::create(context, gpu::Arena::placedBytes(context, bytes), use));
    tensor = arena->place(rows, columns);
    return arena;
}

Result<Memory> allocate(gpu::Context& context, const NetworkWeights& network,
                        const VisionConfig& config, std::uint32_t size, std::uint64_t scratchBytes)
{
    Memory memory;
    PlanTensors& tensors = memory.tensors;
    ENGINE_TRY(memory.scratch, gpu::Arena::create(context, scratchBytes, gpu::MemoryUse::Device));
    // What lies behind rows is multiplied by zeros, so it must be numbers.
    ENGINE_TRY_VOID(memory.scratch->clear());
    ENGINE_TRY(memory.picture, arenaFor(context, size * size, kPictureChannels,
                                        gpu::MemoryUse::HostWrite, tensors.picture));
    ENGINE_TRY(memory.tokens, arenaFor(context, config.softTokens, network.projection.matrix.rows,
                                       gpu::MemoryUse::Device, tensors.tokens));
    ENGINE_TRY_VOID(memory.tokens->clear());
    ENGINE_TRY(memory.features, arenaFor(context, config.softTokens, network.softNorm.columns,
                                         gpu::MemoryUse::Device, tensors.features));
    ENGINE_TRY_VOID(memory.features->clear());
    tensors.scratch = memory.scratch.get();
    return memory;
}

// Bytes to numbers from 0 to 1, and a one, whose weight is the bias of the first convolution.
void writePicture(std::span<const std::uint8_t> rgb, const gpu::Tensor& picture,
                  std::span<std::byte> memory)
{
    const std::span<float> values(reinterpret_cast<float*>(memory.data()),
                                  memory.size() / sizeof(float));
    for (std::size_t pixel = 0; pixel < picture.rows; ++pixel) {
        float* to = values.data() + pixel * picture.stride;
        for (std::size_t c = 0; c < 3; ++c)
            to[c] = static_cast<float>(rgb[3 * pixel + c]) / 255.0F;
        to[3] = 1.0F;
        std::fill(to + kPictureChannels, to + picture.stride, 0.0F);
    }
}

bool isAlike(const Step& a, const Step& b)
{
    return a.kind == b.kind && a.isDense == b.isDense;
}

// Runs the steps of a plan, as many at a time as the device is fast.
class Run {
public:
    Run(gpu::Context& context, kernels::Catalogue& catalogue, const EncodingObserver& observer)
        : m_context(context)
        , m_catalogue(catalogue)
        , m_observer(observer)
    {
    }

    // `ends` are the steps after which a submission must end.
    Result<void> run(const Plan& plan, const std::map<std::size_t, gpu::Tensor>& ends,
                     const std::map<std::size_t, std::string>& names, const std::stop_token& stop)
    {
        ENGINE_TRY(const auto commands, gpu::CommandBuffer::create(m_context));
        std::uint64_t done = 0;
        for (std::size_t next = 0; next < plan.steps.size();) {
            if (stop.stop_requested())
                return Error{ErrorCode::Cancelled, "Encoding the picture was stopped."};
            const std::size_t end = endOfSubmission(plan, ends, next);
            ENGINE_TRY(const std::uint64_t work, submit(*commands, plan, next, end));
            done += work;
            next = end;
            if (m_observer.progressed)
                m_observer.progressed(static_cast<double>(done) / static_cast<double>(plan.work));
            if (const auto tap = ends.find(end - 1); tap != ends.end()) {
                ENGINE_TRY(const auto values, gpu::download(m_context, tap->second));
                m_observer.tapped(names.at(end - 1), values);
            }
        }
        return {};
    }

private:
    std::size_t endOfSubmission(const Plan& plan, const std::map<std::size_t, gpu::Tensor>& ends,
                                std::size_t first) const
    {
        std::uint64_t work = plan.steps[first].work;
        std::size_t end = first + 1;
        while (end < plan.steps.size() && !ends.contains(end - 1) &&
               work + plan.steps[end].work <= m_workAtOnce) {
            if (m_observer.submitted && !isAlike(plan.steps[first], plan.steps[end]))
                break;
            work += plan.steps[end++].work;
        }
        return end;
    }

    Result<std::uint64_t> submit(gpu::CommandBuffer& commands, const Plan& plan, std::size_t first,
                                 std::size_t end)
    {
        ENGINE_TRY_VOID(commands.begin());
        kernels::Pass pass(commands, m_catalogue);
        std::uint64_t work = 0;
        for (std::size_t i = first; i < end; ++i) {
            plan.steps[i].record(pass);
            work += plan.steps[i].work;
        }
        ENGINE_TRY(const auto costs, pass.finish());
        const Clock::time_point start = Clock::now();
        ENGINE_TRY_VOID(commands.submitAndWait());
        const auto duration = Clock::now() - start;
        adapt(work, std::chrono::duration<double>(duration).count());
        if (m_observer.submitted)
            m_observer.submitted({plan.steps[first].kind, plan.steps[first].isDense, duration,
                                  costs.flops, costs.weightBytes, costs.dispatches});
        return work;
    }

    // The first submission with a shader may take long, since drivers compile then.
    void adapt(std::uint64_t work, double seconds)
    {
        const double growth =
            std::clamp(kSubmissionSeconds / std::max(seconds, 1e-6), 0.25, kFastestGrowth);
        const double affordable = static_cast<double>(work) * growth;
        const double current = static_cast<double>(m_workAtOnce);
        // One that was cut short by something else says little about what would be too much.
        if (growth < 1.0 || affordable > current)
            m_workAtOnce = static_cast<std::uint64_t>(std::min(affordable, 4e15));
    }

    gpu::Context& m_context;
    kernels::Catalogue& m_catalogue;
    const EncodingObserver& m_observer;
    std::uint64_t m_workAtOnce = kFirstWork;
};

Error tooLarge(std::uint32_t size)
{
    return {ErrorCode::InvalidInput, "Pictures of " + std::to_string(size) +
                                         " pixels a side are more than this device can hold at "
                                         "once; choose a smaller size."};
}

Error impossibleSize(const VisionConfig& config, std::uint32_t size)
{
    return {ErrorCode::InvalidInput, "Pictures cannot be encoded at " + std::to_string(size) +
                                         " pixels: the side must be a multiple of " +
                                         std::to_string(sizeUnit(config)) + ", and at most " +
                                         std::to_string(kMaxImageSize) + "."};
}

bool isWhole(const Image& image)
{
    return image.width != 0 && image.height != 0 &&
           image.rgb.size() == std::size_t{image.width} * image.height * 3;
}

}  // namespace

Result<EncodedPicture> encodePicture(gpu::Context& context, kernels::Catalogue& catalogue,
                                     const NetworkWeights& network, const VisionConfig& config,
                                     const Image& image, std::uint32_t wantedSize,
                                     const EncodingObserver& observer, const std::stop_token& stop)
{
    if (!isWhole(image))
        return Error{ErrorCode::InvalidInput, "The picture is empty."};
    const std::uint32_t size = wantedSize == 0 ? config.imageSize : wantedSize;
    if (!isPossibleSize(config, size))
        return impossibleSize(config, size);
    const Plan needs = planEncoding(context, network, config, size, {});
    const std::uint64_t picture = std::uint64_t{size} * size * gpu::kColumnPadding * sizeof(float);
    if (std::max(needs.largestBytes, picture) > context.limits().maxStorageBufferRange)
        return tooLarge(size);
    ENGINE_TRY(auto memory, allocate(context, network, config, size, needs.scratchBytes));
    writePicture(squash(image, size), memory.tensors.picture, memory.picture->mapped());

    std::map<std::size_t, gpu::Tensor> ends;
    std::map<std::size_t, std::string> names;
    Tap tap;
    if (observer.tapped) {
        tap = [&](const std::string& block, std::size_t step, const gpu::Tensor& output) {
            ends[step] = output;
            names[step] = block;
        };
    }
    const Plan plan = planEncoding(context, network, config, size, memory.tensors, tap);
    kernels::makeKernels(catalogue, [&plan](kernels::Pass& pass) {
        for (const Step& step : plan.steps)
            step.record(pass);
    });
    Run run(context, catalogue, observer);
    ENGINE_TRY_VOID(run.run(plan, ends, names, stop));
    return EncodedPicture{std::move(memory.tokens), memory.tensors.tokens, needs.scratchBytes};
}

}  // namespace engine::vision
