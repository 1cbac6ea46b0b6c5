#include "engine/decoder/activations.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include "engine/kernels/sampling.h"
#include "shaders/include/step_state.h"

namespace engine::decoder {
namespace {

// Adds up sizes first and hands out places afterwards, by running the same list twice.
class Layout {
public:
    explicit Layout(gpu::Context& context) : m_context(context) {}

    void tensor(gpu::Tensor& tensor, std::uint32_t rows, std::uint32_t columns)
    {
        if (rows == 0 || columns == 0)
            return;
        if (m_arena != nullptr)
            tensor = m_arena->place(rows, columns);
        else
            m_bytes += gpu::Arena::placedBytes(
                m_context, std::uint64_t{rows} * gpu::paddedColumns(columns) * sizeof(float));
    }

    void streams(kernels::Streams& streams, std::uint32_t inputs, std::uint32_t rows,
                 std::uint32_t columns)
    {
        tensor(streams.data, inputs * rows, columns);
        streams.data.rows = rows;
        streams.inputs = inputs;
        streams.stride = rows * streams.data.stride;
    }

    std::uint64_t bytes() const noexcept { return m_bytes; }
    void placeIn(gpu::Arena& arena) noexcept { m_arena = &arena; }

private:
    gpu::Context& m_context;
    gpu::Arena* m_arena = nullptr;
    std::uint64_t m_bytes = 0;
};

// Workgroups that share the keys of a head at most.
constexpr std::uint32_t kMostSplits = 32;

constexpr std::uint32_t words(std::size_t bytes)
{
    return static_cast<std::uint32_t>(bytes / 4);
}

void listHostWritten(Layout& layout, Activations& a, const DecoderConfig& config,
                     std::uint32_t rows)
{
    layout.tensor(a.step, 1, words(sizeof(shader::StepState)));
    layout.tensor(a.ids, 1, rows);
    layout.tensor(a.seen, 1, (config.vocabularySize + 31) / 32);
    layout.tensor(a.perLayerRows, rows,
                  static_cast<std::uint32_t>(config.layers.size()) * config.perLayerInputSize);
}

// Neurons; 0 where no layer is sparse.
std::uint32_t widestSparse(const DecoderConfig& config)
{
    std::uint32_t widest = 0;
    for (const LayerConfig& layer : config.layers)
        widest = std::max(widest, cutsMost(layer) ? layer.ffnWidth : 0);
    return widest;
}

void listSparse(Layout& layout, Activations& a, const DecoderConfig& config)
{
    const std::uint32_t neurons = widestSparse(config);
    if (neurons == 0)
        return;
    layout.tensor(a.sparse.moments, 1, neurons);
    layout.tensor(a.sparse.cutoff, 1, 1);
    layout.tensor(a.sparse.survivors, 1, kernels::survivorWords(neurons));
    layout.tensor(a.sparse.tally, 1, kernels::kSparseTallyWords);
    a.sparse.arrivals = a.arrivals;
}

void listDevice(Layout& layout, Activations& a, const DecoderConfig& config, std::uint32_t rows)
{
    const std::uint32_t hidden = config.hiddenSize;
    std::uint32_t widest = 0;
    for (const LayerConfig& layer : config.layers)
        widest = std::max(widest, layer.ffnWidth);

    // What fused kernels bind as one lies side by side.
    layout.tensor(a.arrivals, 1, config.heads);
    layout.tensor(a.partials, kMostSplits * config.heads, config.headDim + 4);
    layout.tensor(a.queries, rows, config.heads * config.headDim);
    layout.tensor(a.keys, rows, config.kvHeads * config.headDim);
    layout.tensor(a.values, rows, config.kvHeads * config.headDim);
    layout.tensor(a.lowRank, rows, config.laurelRank);
    layout.tensor(a.attended, rows, config.heads * config.headDim);
    layout.tensor(a.attention, rows, hidden);
    if (config.architecture == Architecture::Gemma3n)
        layout.tensor(a.laurel, rows, hidden);
    for (gpu::Tensor* tensor :
         {&a.normalized, &a.residual, &a.feedForward, &a.activated, &a.output})
        layout.tensor(*tensor, rows, hidden);
    for (gpu::Tensor* tensor : {&a.gate, &a.up, &a.gated})
        layout.tensor(*tensor, rows, widest);
    layout.tensor(a.logits, 1, config.textVocabularySize);
    layout.tensor(a.sliceMax, 1, kernels::slicesOf(config.textVocabularySize));
    listSparse(layout, a, config);

    if (config.architecture != Architecture::Gemma3n)
        return;
    const auto layers = static_cast<std::uint32_t>(config.layers.size());
    layout.streams(a.streams, config.altupInputs, rows, hidden);
    layout.streams(a.predictions, config.altupInputs, rows, hidden);
    layout.streams(a.unembedded, config.altupInputs - 1, rows, hidden);
    for (gpu::Tensor* tensor : {&a.scaled, &a.perLayerOutput})
        layout.tensor(*tensor, rows, hidden);
    layout.tensor(a.perLayerProjected, rows, layers * config.perLayerInputSize);
    layout.tensor(a.perLayerInputs, rows, layers * config.perLayerInputSize);
    layout.tensor(a.perLayerGate, rows, config.perLayerInputSize);
    layout.tensor(a.perLayerGated, rows, config.perLayerInputSize);
}

Result<void> place(gpu::Context& context, gpu::MemoryUse use,
                   std::vector<std::shared_ptr<const gpu::Arena>>& arenas,
                   const std::function<void(Layout&)>& list)
{
    Layout layout(context);
    list(layout);
    ENGINE_TRY(auto arena, gpu::Arena::create(context, layout.bytes(), use));
    ENGINE_TRY_VOID(arena->clear());
    layout.placeIn(*arena);
    list(layout);
    arenas.push_back(std::move(arena));
    return {};
}

}  // namespace

Result<Activations> Activations::create(gpu::Context& context, const DecoderConfig& config,
                                        std::uint32_t maxRows)
{
    Activations a;
    ENGINE_TRY_VOID(place(context, gpu::MemoryUse::HostWrite, a.arenas,
                          [&](Layout& layout) { listHostWritten(layout, a, config, maxRows); }));
    ENGINE_TRY_VOID(place(context, gpu::MemoryUse::HostRead, a.arenas, [&](Layout& layout) {
        layout.tensor(a.result, 1, words(sizeof(shader::StepResult)));
        if (widestSparse(config) > 0)
            layout.tensor(a.tally, 1, kernels::kSparseTallyWords);
    }));
    ENGINE_TRY_VOID(place(context, gpu::MemoryUse::Device, a.arenas,
                          [&](Layout& layout) { listDevice(layout, a, config, maxRows); }));
    return a;
}

Activations Activations::withRows(std::uint32_t rows) const
{
    Activations view = *this;
    for (gpu::Tensor* tensor : {&view.perLayerRows,
                                &view.normalized,
                                &view.queries,
                                &view.keys,
                                &view.values,
                                &view.attended,
                                &view.attention,
                                &view.residual,
                                &view.gate,
                                &view.up,
                                &view.gated,
                                &view.feedForward,
                                &view.activated,
                                &view.output,
                                &view.streams.data,
                                &view.predictions.data,
                                &view.unembedded.data,
                                &view.perLayerProjected,
                                &view.perLayerInputs,
                                &view.lowRank,
                                &view.laurel,
                                &view.scaled,
                                &view.perLayerGate,
                                &view.perLayerGated,
                                &view.perLayerOutput})
        tensor->rows = rows;
    return view;
}

gpu::Tensor slabsOf(const gpu::Tensor& perLayerInputs, const LayerRun& layers, std::uint32_t width)
{
    gpu::Tensor slabs = perLayerInputs;
    slabs.firstElement += layers.first * width;
    slabs.columns = layers.count * width;
    return slabs;
}

std::uint64_t Activations::bytes() const noexcept
{
    std::uint64_t total = 0;
    for (const auto& arena : arenas)
        total += arena->size();
    return total;
}

}  // namespace engine::decoder
