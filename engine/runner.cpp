#include "engine/runner.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/base/check.h"
#include "engine/gpu/arena.h"
#include "engine/kernels/sparse.h"

namespace engine {
namespace {

// Logits that are read back at a time: a whole vocabulary is a megabyte a row.
constexpr std::uint64_t kLogitBytes = std::uint64_t{32} << 20;

template <typename T>
std::span<T> hostView(const gpu::Tensor& tensor)
{
    const auto bytes = tensor.arena->mapped().subspan(tensor.offset, tensor.bytes);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

// Rows of a padded tensor, one after the other.
void copyRows(std::span<const float> from, std::uint64_t rows, const gpu::Tensor& shape, float* to)
{
    for (std::uint64_t row = 0; row < rows; ++row)
        std::memcpy(to + row * shape.columns, from.data() + row * shape.stride,
                    shape.columns * sizeof(float));
}

}  // namespace

Result<std::unique_ptr<Runner>> Runner::create(const Model::State& model, std::uint32_t capacity,
                                               std::uint32_t maxRows, Kernels kernels,
                                               CachePrecision precision)
{
    gpu::Context& context = model.device->context();
    ENGINE_TRY(auto cache, decoder::KvCache::create(context, model.config, capacity, precision));
    ENGINE_TRY(auto activations, decoder::Activations::create(context, model.config, maxRows));
    std::unique_ptr<Runner> runner(
        new Runner(model, std::move(cache), std::move(activations), maxRows, kernels));
    ENGINE_TRY(runner->m_commands, gpu::CommandBuffer::create(context));
    ENGINE_TRY(runner->m_stepCommands, gpu::CommandBuffer::create(context));
    kernels::makeKernels(model.device->catalogue(), [&runner = *runner](kernels::Pass& pass) {
        runner.m_decoder.recordPrefill(pass, runner.m_activations.withRows(runner.m_maxRows), {});
        runner.m_decoder.recordStep(pass, runner.m_activations.withRows(1));
    });
    return runner;
}

Runner::Runner(const Model::State& model, decoder::KvCache cache, decoder::Activations activations,
               std::uint32_t maxRows, Kernels kernels)
    : m_model(model)
    , m_cache(std::move(cache))
    , m_activations(std::move(activations))
    , m_decoder(model.config, model.weights, m_cache, kernels)
    , m_shapeCosts(decoder::shapeCosts(model.config, model.weights, m_decoder.slice()))
    , m_maxRows(maxRows)
{
}

shader::StepState& Runner::stepState() const
{
    return *reinterpret_cast<shader::StepState*>(hostView<std::byte>(m_activations.step).data());
}

Result<void> Runner::setSlice(decoder::Slice slice)
{
    m_decoder.setSlice(std::move(slice));
    m_shapeCosts = decoder::shapeCosts(m_model.config, m_model.weights, m_decoder.slice());
    m_stepCosts.reset();
    ENGINE_TRY_VOID(recordStep());
    return {};
}

// `layers`: the pass reads per-layer inputs of layers [0, layers).
void Runner::writeInputs(std::uint32_t first, std::span<const TokenId> ids, std::uint32_t layers)
{
    ENGINE_CHECK(!ids.empty() && ids.size() <= m_maxRows);
    stepState().firstPosition = first;
    // What is no text may have no row in the table; encoded media are written over what is read.
    const decoder::DecoderConfig& config = m_model.config;
    std::transform(ids.begin(), ids.end(), hostView<std::uint32_t>(m_activations.ids).begin(),
                   [&](TokenId id) { return id < config.vocabularySize ? id : config.padToken; });
    if (m_model.perLayerEmbeddings)
        m_model.perLayerEmbeddings->gather(ids, slice().runsBelow(layers),
                                           m_activations.perLayerRows.stride,
                                           hostView<float>(m_activations.perLayerRows));
    // Said before the device may write: after a failure the slots are as good as overwritten.
    m_cache.noteWritten(first + static_cast<std::uint32_t>(ids.size()));
}

Result<void> Runner::submit(gpu::CommandBuffer& commands, const kernels::PassCosts& costs)
{
    ENGINE_TRY_VOID(commands.submitAndWait());
    ++m_counters.submissions;
    ++m_counters.waits;
    m_counters.dispatches += costs.dispatches;
    m_counters.weightBytesRead += costs.weightBytes;
    m_counters.flops += costs.flops;
    return {};
}

Counters Runner::counters() const
{
    Counters counters = m_counters;
    if (m_activations.tally.arena != nullptr) {
        const auto tally = kernels::readTally(hostView<const std::uint32_t>(m_activations.tally));
        counters.weightBytesRead += tally.weightBytes;
        // A row of `up` and a column of `down` for each neuron.
        counters.flops += tally.neurons * 4 * m_model.config.hiddenSize;
    }
    return counters;
}

std::uint64_t Runner::allLayerFlops(std::uint32_t first, std::uint32_t rows) const noexcept
{
    const auto layers = static_cast<std::uint32_t>(m_model.config.layers.size());
    return rows * m_shapeCosts.rowFlops + m_decoder.attentionFlops(first, rows, layers);
}

Result<void> Runner::prefill(std::uint32_t first, std::span<const TokenId> ids,
                             std::span<const decoder::EmbeddingRows> media)
{
    const auto rows = static_cast<std::uint32_t>(ids.size());
    writeInputs(first, ids, m_decoder.prefillEnd());
    ENGINE_TRY_VOID(m_commands->begin());
    kernels::Pass pass(*m_commands, m_model.device->catalogue());
    m_decoder.recordPrefill(pass, m_activations.withRows(rows), media);
    ENGINE_TRY(const auto costs, pass.finish());
    m_counters.commandsRecorded += costs.dispatches;
    ENGINE_TRY_VOID(submit(*m_commands, costs));
    m_counters.flops += m_decoder.attentionFlops(first, rows, m_decoder.prefillEnd());
    m_counters.allLayerFlops += allLayerFlops(first, rows);
    m_counters.tokensPrefilled += rows;
    return {};
}

Result<std::vector<kernels::Dispatched>> Runner::recordStep(gpu::Stopwatch* stopwatch)
{
    ENGINE_TRY_VOID(m_stepCommands->begin());
    kernels::Pass pass(*m_stepCommands, m_model.device->catalogue(), stopwatch);
    m_decoder.recordStep(pass, m_activations.withRows(1));
    ENGINE_TRY(m_stepCosts, pass.finish());
    m_counters.commandsRecorded += m_stepCosts->dispatches;
    return pass.dispatched();
}

Result<shader::StepResult> Runner::step(std::uint32_t position, TokenId id, const Draw& draw)
{
    if (!m_stepCosts)
        ENGINE_TRY_VOID(recordStep());
    const SamplingOptions& options = draw.options;
    const bool isGreedy = options.temperature == 0.0F || options.topK == 1;
    shader::StepState& state = stepState();
    state.topK = isGreedy ? 1
                 : options.topK == 0
                     ? shader::kMaxCandidates
                     : std::min<std::uint32_t>(options.topK, shader::kMaxCandidates);
    // The inverse of a subnormal number is infinite, which shaders need not know.
    state.inverseTemperature =
        isGreedy ? 0.0F : std::min(1.0F / options.temperature, std::numeric_limits<float>::max());
    state.topP = options.topP;
    state.minP = options.minP;
    state.repetitionPenalty = options.repetitionPenalty;
    state.pick = draw.pick;
    const auto layers = static_cast<std::uint32_t>(m_model.config.layers.size());
    writeInputs(position, {&id, 1}, layers);
    auto result = hostView<shader::StepResult>(m_activations.result).first(1);
    result[0] = {shader::kNoToken, 0.0F, 0.0F, 0};
    ENGINE_TRY_VOID(submit(*m_stepCommands, *m_stepCosts));
    m_counters.flops += m_decoder.attentionFlops(position, 1, layers);
    m_counters.leastWeightBytes += m_shapeCosts.leastWeightBytes;
    m_counters.bytesReadBack += sizeof(shader::StepResult);
    ++m_counters.tokensDecoded;

    if (result[0].notANumber > 0 || result[0].token == shader::kNoToken)
        return Error{ErrorCode::InvalidFile,
                     "The model computes values that are not numbers: its file is damaged, or the "
                     "graphics driver computes wrongly."};
    return result[0];
}

Result<std::vector<Runner::Timed>> Runner::timeStep(std::uint32_t position, TokenId id,
                                                    const Draw& draw)
{
    if (!m_stepCosts)
        ENGINE_TRY_VOID(recordStep());
    const auto marks = static_cast<std::uint32_t>(m_stepCosts->dispatches) + 1;
    ENGINE_TRY(const auto stopwatch, gpu::Stopwatch::create(m_model.device->context(), marks));
    m_stepCosts.reset();  // what follows goes with the stopwatch
    const auto dispatched = recordStep(stopwatch.get());
    const auto result = dispatched ? step(position, id, draw) : dispatched.error();
    m_stepCosts.reset();
    if (!result)
        return result.error();

    ENGINE_TRY(const auto laps, stopwatch->laps());
    std::vector<Timed> times;
    for (std::size_t i = 0; i < laps.size(); ++i)
        times.push_back({(*dispatched)[i], laps[i]});
    return times;
}

Result<Runner::Evaluation> Runner::evaluate(std::uint32_t first, std::span<const TokenId> ids,
                                            bool withStreams)
{
    const auto rows = static_cast<std::uint32_t>(ids.size());
    const auto layers = static_cast<std::uint32_t>(m_model.config.layers.size());
    const std::uint32_t streams = m_decoder.streamCount();
    gpu::Context& context = m_model.device->context();

    std::unique_ptr<gpu::Arena> tapArena;
    gpu::Tensor taps;
    if (withStreams) {
        gpu::Tensor shape = m_activations.output;
        const std::uint64_t bytes =
            std::uint64_t{layers} * streams * rows * shape.stride * sizeof(float);
        ENGINE_TRY(tapArena, gpu::Arena::create(context, gpu::Arena::placedBytes(context, bytes),
                                                gpu::MemoryUse::HostRead));
        taps = tapArena->place(layers * streams * rows, shape.columns);
    }
    writeInputs(first, ids, layers);
    ENGINE_TRY_VOID(m_commands->begin());
    kernels::Pass pass(*m_commands, m_model.device->catalogue());
    m_decoder.recordAll(pass, m_activations.withRows(rows), taps);
    ENGINE_TRY(const auto costs, pass.finish());
    m_counters.commandsRecorded += costs.dispatches;
    ENGINE_TRY_VOID(submit(*m_commands, costs));
    m_counters.flops += m_decoder.attentionFlops(first, rows, layers);
    m_counters.allLayerFlops += allLayerFlops(first, rows);
    m_counters.tokensPrefilled += rows;

    Evaluation evaluation;
    if (withStreams) {
        const std::uint64_t tapped = std::uint64_t{layers} * streams * rows;
        evaluation.streams.resize(tapped * taps.columns);
        copyRows(hostView<const float>(taps), tapped, taps, evaluation.streams.data());
    }
    ENGINE_TRY_VOID(readLogits(rows, evaluation.logits));
    return evaluation;
}

Result<void> Runner::readLogits(std::uint32_t rows, std::vector<float>& logits)
{
    gpu::Context& context = m_model.device->context();
    const std::uint32_t vocabulary = m_model.config.vocabularySize;
    const std::uint64_t rowBytes = std::uint64_t{gpu::paddedColumns(vocabulary)} * sizeof(float);
    const auto rowsAtOnce =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kLogitBytes / rowBytes, 1, rows));
    ENGINE_TRY(auto arena,
               gpu::Arena::create(context, gpu::Arena::placedBytes(context, rowsAtOnce * rowBytes),
                                  gpu::MemoryUse::HostRead));
    gpu::Tensor block = arena->place(rowsAtOnce, vocabulary);
    logits.resize(std::uint64_t{rows} * vocabulary);
    for (std::uint32_t row = 0; row < rows; row += rowsAtOnce) {
        block.rows = std::min(rowsAtOnce, rows - row);
        ENGINE_TRY_VOID(m_commands->begin());
        kernels::Pass pass(*m_commands, m_model.device->catalogue());
        m_decoder.recordHead(pass, m_activations.output.rowsFrom(row, block.rows), block);
        ENGINE_TRY(const auto costs, pass.finish());
        ENGINE_TRY_VOID(submit(*m_commands, costs));
        m_counters.bytesReadBack += block.rows * rowBytes;
        copyRows(hostView<const float>(block), block.rows, block,
                 logits.data() + std::uint64_t{row} * vocabulary);
    }
    return {};
}

void Runner::setSeen(std::span<const TokenId> conversation)
{
    const auto words = hostView<std::uint32_t>(m_activations.seen);
    std::fill(words.begin(), words.end(), 0U);
    for (const TokenId id : conversation)
        addSeen(id);
}

void Runner::addSeen(TokenId id)
{
    if (id < m_model.config.textVocabularySize)
        hostView<std::uint32_t>(m_activations.seen)[id / 32] |= 1U << (id % 32);
}

}  // namespace engine
