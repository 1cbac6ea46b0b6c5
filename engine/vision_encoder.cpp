#include <utility>

#include "engine/encoders.h"
#include "engine/file/model_files.h"
#include "engine/gpu/commands.h"
#include "engine/gpu/download.h"
#include "engine/kernels/pass.h"
#include "engine/soft_token_rows.h"
#include "engine/vision/encoding.h"
#include "engine/vision/measurement.h"
#include "engine/vision_state.h"

namespace engine {
namespace {

Result<SoftTokens> encodeEndOfImage(const VisionEncoder::State& state)
{
    gpu::Context& context = state.device->context();
    const vision::NetworkWeights& network = state.weights.network;
    const std::uint32_t width = network.softNorm.columns;
    const std::uint32_t hidden = network.projection.matrix.rows;
    const auto bytesFor = [&context](std::uint32_t columns) {
        return gpu::Arena::placedBytes(context,
                                       std::uint64_t{gpu::paddedColumns(columns)} * sizeof(float));
    };
    ENGINE_TRY(auto scratch, gpu::Arena::create(context, bytesFor(width), gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(scratch->clear());
    auto rows = std::make_shared<SoftTokens::Rows>();
    rows->device = state.device;
    ENGINE_TRY(rows->arena, gpu::Arena::create(context, bytesFor(hidden), gpu::MemoryUse::Device));
    ENGINE_TRY_VOID(rows->arena->clear());
    rows->tensor = rows->arena->place(1, hidden);

    ENGINE_TRY(const auto commands, gpu::CommandBuffer::create(context));
    ENGINE_TRY_VOID(commands->begin());
    kernels::Pass pass(*commands, state.device->catalogue());
    vision::recordEndOfImage(pass, network, state.config, scratch->place(1, width), rows->tensor);
    ENGINE_TRY_VOID(pass.finish());
    ENGINE_TRY_VOID(commands->submitAndWait());
    return SoftTokens(SoftTokens::Source::Image, 1, std::move(rows));
}

}  // namespace

Result<std::shared_ptr<const VisionEncoder>> VisionEncoder::load(std::shared_ptr<Device> device,
                                                                 const std::filesystem::path& path,
                                                                 const Model::Progress& progress,
                                                                 const std::stop_token& stop)
{
    auto state = std::make_unique<State>();
    state->device = std::move(device);
    ENGINE_TRY(const auto files, file::openModelFiles(path));
    ENGINE_TRY(state->config, vision::readVisionConfig(files));
    ENGINE_TRY(const auto sources, vision::findNetwork(files, state->config));
    if (!vision::isPossibleSize(state->config, state->config.imageSize))
        return Error{ErrorCode::InvalidFile,
                     path.string() + ": pictures of " + std::to_string(state->config.imageSize) +
                         " pixels cannot become " + std::to_string(state->config.softTokens) +
                         " tokens."};

    gpu::Context& context = state->device->context();
    const auto report = [&progress](std::uint64_t done, std::uint64_t total) {
        if (progress)
            progress({done, total});
    };
    ENGINE_TRY(state->weights,
               vision::uploadWeights(context, sources, files.tensors, report, stop));
    state->info = {.imageSize = state->config.imageSize,
                   .softTokens = state->config.softTokens,
                   .hiddenSize = state->weights.network.projection.matrix.rows,
                   .parameters = state->weights.parameters,
                   .deviceWeightBytes = state->weights.held.bytes};
    ENGINE_TRY(state->endOfImage, encodeEndOfImage(*state));
    return std::shared_ptr<const VisionEncoder>(new VisionEncoder(std::move(state)));
}

VisionEncoder::VisionEncoder(std::unique_ptr<State> state) : m_state(std::move(state)) {}

VisionEncoder::~VisionEncoder() = default;

const VisionInfo& VisionEncoder::info() const noexcept
{
    return m_state->info;
}

const Device& VisionEncoder::device() const noexcept
{
    return *m_state->device;
}

Result<SoftTokens> VisionEncoder::encode(const Image& image, std::uint32_t size,
                                         const Progress& progress,
                                         const std::stop_token& stop) const
{
    vision::EncodingObserver observer;
    observer.progressed = progress;
    ENGINE_TRY(auto encoded,
               vision::encodePicture(m_state->device->context(), m_state->device->catalogue(),
                                     m_state->weights.network, m_state->config, image, size,
                                     observer, stop));
    auto rows = std::make_shared<SoftTokens::Rows>();
    rows->device = m_state->device;
    rows->arena = std::move(encoded.arena);
    rows->tensor = encoded.tokens;
    rows->end = m_state->endOfImage;
    return SoftTokens(SoftTokens::Source::Image, m_state->config.softTokens, std::move(rows));
}

Result<VisionCosts> VisionEncoder::measure(const Image& image, std::uint32_t size,
                                           const std::stop_token& stop) const
{
    return vision::measureEncoding(m_state->device->context(), m_state->device->catalogue(),
                                   m_state->weights.network, m_state->config, image, size, stop);
}

const SoftTokens& VisionEncoder::endOfImage() const noexcept
{
    return *m_state->endOfImage;
}

Result<std::vector<float>> readRows(const SoftTokens& tokens)
{
    const SoftTokens::Rows& rows = tokens.rows();
    return gpu::download(rows.device->context(), rows.tensor);
}

}  // namespace engine
