#include "tests/bench/layer_pieces.h"

#include <array>
#include <memory>
#include <utility>

#include "engine/decoder/activations.h"
#include "engine/decoder/weights.h"
#include "engine/gpu/arena.h"
#include "engine/kernels/attention.h"
#include "engine/kernels/fused.h"
#include "engine/kernels/norm.h"
#include "engine/kernels/pass.h"
#include "engine/kernels/row_layout.h"
#include "shaders/include/step_state.h"

namespace bench {
namespace {

using engine::Result;
using engine::decoder::Activations;
using engine::decoder::DecoderConfig;
using engine::decoder::LayerWeights;
using engine::file::TensorType;
using engine::gpu::Arena;
using engine::gpu::Context;
using engine::gpu::MemoryUse;
using engine::gpu::Tensor;
using engine::kernels::KvTensors;
using engine::kernels::Matrix;
using engine::kernels::Pass;
using engine::kernels::RowProduct;

constexpr std::uint32_t kPositions = 8192;  // keys in the cache
constexpr float kEpsilon = 1e-6F;

DecoderConfig shapeOfE2B()
{
    DecoderConfig config;
    config.layers = {{.ffnWidth = 8192}};
    config.kvLayers = 1;
    config.hiddenSize = 2048;
    config.heads = 8;
    config.kvHeads = 2;
    config.headDim = 256;
    config.vocabularySize = config.textVocabularySize = 1024;  // nothing here depends on it
    config.altupInputs = 4;
    config.laurelRank = 64;
    config.perLayerInputSize = 256;
    return config;
}

// Weights, activations and cache of one layer.
class Layer {
public:
    static Result<std::unique_ptr<Layer>> create(Context& context, TensorType type)
    {
        std::unique_ptr<Layer> layer(new Layer(context, type));
        ENGINE_TRY_VOID(layer->placeWeights());
        ENGINE_TRY(layer->m_activations, Activations::create(context, layer->m_config, 1));
        ENGINE_TRY(layer->m_half, layer->cacheOf(TensorType::F16));
        ENGINE_TRY(layer->m_single, layer->cacheOf(TensorType::F32));
        layer->setPosition(kPositions - 1);
        return layer;
    }

    std::vector<Piece> pieces() const;

private:
    Layer(Context& context, TensorType type) : m_context(context), m_type(type) {}

    std::uint64_t rowBytes(std::uint32_t columns) const
    {
        return engine::kernels::rowLayout(m_type, columns).bytes;
    }
    // One after the other, as a model's are.
    Result<void> placeWeights();
    Result<KvTensors> cacheOf(TensorType type);
    void setPosition(std::uint32_t position) const
    {
        const Tensor& step = m_activations.step;
        reinterpret_cast<engine::shader::StepState*>(step.arena->mapped().data() + step.offset)
            ->firstPosition = position;
    }
    engine::kernels::AttentionShape attentionShape(std::uint32_t window) const
    {
        return {m_config.heads, m_config.kvHeads, m_config.headDim, window, 1.0F};
    }

    Piece products() const;
    Piece attention(const std::string& name, std::uint32_t window) const;
    Piece halves() const;
    Piece laurel() const;
    Piece gate() const;
    Piece correction() const;
    Piece perLayerGate() const;
    Piece entry() const;
    Piece leaving() const;

    Context& m_context;
    TensorType m_type;
    DecoderConfig m_config = shapeOfE2B();
    std::vector<std::unique_ptr<Arena>> m_arenas;
    LayerWeights m_weights;
    std::array<Matrix, 3> m_unembed;
    Activations m_activations;
    KvTensors m_half;
    KvTensors m_single;
};

Result<void> Layer::placeWeights()
{
    struct Place {
        Matrix* matrix;
        std::uint32_t rows;
        std::uint32_t columns;
    };
    const DecoderConfig& c = m_config;
    const std::uint32_t hidden = c.hiddenSize;
    const std::uint32_t ffn = c.layers.front().ffnWidth;
    LayerWeights& w = m_weights;
    std::vector<Place> places{{&w.qProj, c.heads * c.headDim, hidden},
                              {&w.kProj, c.kvHeads * c.headDim, hidden},
                              {&w.vProj, c.kvHeads * c.headDim, hidden},
                              {&w.laurelLeft, c.laurelRank, hidden},
                              {&w.oProj, hidden, c.heads * c.headDim},
                              {&w.laurelRight, hidden, c.laurelRank},
                              {&w.gateProj, ffn, hidden},
                              {&w.upProj, ffn, hidden},
                              {&w.downProj, hidden, ffn},
                              {&w.perLayerInputGate, c.perLayerInputSize, hidden}};
    for (Matrix& matrix : m_unembed)
        places.push_back({&matrix, hidden, hidden});
    std::vector<std::pair<Tensor*, std::uint32_t>> vectors;
    for (Tensor* tensor :
         {&w.inputNorm, &w.postAttentionNorm, &w.preFeedforwardNorm, &w.postFeedforwardNorm,
          &w.postLaurelNorm, &w.altupRouter.norm, &w.altupCorrectScale, &w.postPerLayerInputNorm})
        vectors.emplace_back(tensor, hidden);
    vectors.emplace_back(&w.altupRouter.router, c.altupInputs * hidden);
    vectors.emplace_back(&w.altupPredictionCoefs, c.altupInputs * c.altupInputs * c.altupInputs);
    vectors.emplace_back(&w.altupCorrectionCoefs, c.altupInputs * c.altupInputs);

    std::uint64_t bytes = 0;
    for (const Place& place : places)
        bytes += Arena::placedBytes(m_context, place.rows * rowBytes(place.columns));
    for (const auto& [tensor, columns] : vectors)
        bytes += Arena::placedBytes(m_context, std::uint64_t{columns} * sizeof(float));
    ENGINE_TRY(auto arena, Arena::create(m_context, bytes, MemoryUse::Device));
    ENGINE_TRY_VOID(arena->clear());
    for (const Place& place : places) {
        *place.matrix = {m_type, place.rows, place.columns, rowBytes(place.columns), {}};
        place.matrix->windows.push_back(
            {arena->placeBytes(place.rows * rowBytes(place.columns)), 0, place.rows});
    }
    for (const auto& [tensor, columns] : vectors)
        *tensor = arena->place(1, columns);
    m_arenas.push_back(std::move(arena));
    return {};
}

Result<KvTensors> Layer::cacheOf(TensorType type)
{
    const std::uint32_t width = m_config.kvHeads * m_config.headDim;
    const std::uint64_t bytes =
        std::uint64_t{kPositions} * width * engine::file::typeInfo(type).blockBytes;
    ENGINE_TRY(auto arena, Arena::create(m_context, 2 * Arena::placedBytes(m_context, bytes),
                                         MemoryUse::Device));
    ENGINE_TRY_VOID(arena->clear());
    KvTensors cache{arena->placeBytes(bytes), arena->placeBytes(bytes), type};
    for (Tensor* tensor : {&cache.keys, &cache.values}) {
        tensor->rows = kPositions;
        tensor->columns = tensor->stride = width;
    }
    m_arenas.push_back(std::move(arena));
    return cache;
}

// What is made of the normalised row.
Piece Layer::products() const
{
    const Activations& a = m_activations;
    const std::vector<RowProduct> all{{&m_weights.qProj, a.normalized, a.queries},
                                      {&m_weights.kProj, a.normalized, a.keys},
                                      {&m_weights.vProj, a.normalized, a.values},
                                      {&m_weights.laurelLeft, a.normalized, a.lowRank}};
    return {"q, k, v and LAuReL",
            [all](Pass& pass) {
                for (const RowProduct& one : all)
                    engine::kernels::linear(pass, *one.weight, one.input, one.output);
            },
            [all](Pass& pass) { engine::kernels::linearParts(pass, all); }};
}

Piece Layer::attention(const std::string& name, std::uint32_t window) const
{
    const auto shape = attentionShape(window);
    return {name,
            [this, shape](Pass& pass) {
                const Activations& a = m_activations;
                engine::kernels::attention(pass, a.step, shape, a.queries, m_half, a.attended);
            },
            [this, shape](Pass& pass) {
                const Activations& a = m_activations;
                const std::uint32_t splits =
                    (pass.sizes().busy + shape.kvHeads - 1) / shape.kvHeads;
                engine::kernels::attentionSplit(pass, a.step, shape, a.queries, m_half, splits,
                                                {a.partials, a.arrivals}, a.attended);
            }};
}

// No fusion, but measured in the same way: keys and values in 16 bits instead of 32.
Piece Layer::halves() const
{
    const auto with = [this](const KvTensors& cache) {
        return [this, &cache](Pass& pass) {
            const Activations& a = m_activations;
            const std::uint32_t splits =
                (pass.sizes().busy + m_config.kvHeads - 1) / m_config.kvHeads;
            engine::kernels::attentionSplit(pass, a.step, attentionShape(0), a.queries, cache,
                                            splits, {a.partials, a.arrivals}, a.attended);
        };
    };
    return {"8,192 keys, 32 → 16 bits", with(m_single), with(m_half)};
}

Piece Layer::laurel() const
{
    return {"out, LAuReL, norms",
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                const Tensor active = a.predictions.stream(0);
                engine::kernels::linear(pass, w.oProj, a.attended, a.attention);
                engine::kernels::linear(pass, w.laurelRight, a.lowRank, a.laurel);
                engine::kernels::laurelResidual(pass, {active, a.normalized, a.attention, a.laurel},
                                                w.postAttentionNorm, w.postLaurelNorm, kEpsilon,
                                                a.residual);
                engine::kernels::rmsNorm(pass, a.residual, w.preFeedforwardNorm, kEpsilon,
                                         a.normalized);
            },
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                engine::kernels::linearLaurel(pass,
                                              {{&w.oProj, a.attended, a.attention},
                                               {&w.laurelRight, a.lowRank, a.laurel},
                                               a.predictions.stream(0),
                                               a.normalized,
                                               w.postAttentionNorm,
                                               w.postLaurelNorm,
                                               w.preFeedforwardNorm,
                                               a.residual,
                                               kEpsilon},
                                              a.arrivals);
            }};
}

Piece Layer::gate() const
{
    const Activations& a = m_activations;
    const RowProduct gate{&m_weights.gateProj, a.normalized, a.gate};
    const RowProduct up{&m_weights.upProj, a.normalized, a.up};
    return {"gate and up",
            [=, this](Pass& pass) {
                engine::kernels::linear(pass, *gate.weight, gate.input, gate.output);
                engine::kernels::linear(pass, *up.weight, up.input, up.output);
                engine::kernels::gatedGelu(pass, gate.output, up.output, 0.0F, m_activations.gated);
            },
            [=, this](Pass& pass) {
                engine::kernels::linearGated(pass, gate, up, m_activations.gated);
            }};
}

Piece Layer::correction() const
{
    return {"down, norm, correction",
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                engine::kernels::linear(pass, w.downProj, a.gated, a.feedForward);
                engine::kernels::addRmsNorm(pass, a.feedForward, w.postFeedforwardNorm, a.residual,
                                            kEpsilon, a.activated);
                engine::kernels::altupCorrect(pass, a.predictions, a.activated, w.altupRouter,
                                              w.altupCorrectionCoefs, w.altupCorrectScale, 0,
                                              kEpsilon, a.streams, a.scaled);
            },
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                engine::kernels::linearCorrect(pass,
                                               {{&w.downProj, a.gated, a.feedForward},
                                                w.postFeedforwardNorm,
                                                a.residual,
                                                a.predictions,
                                                w.altupRouter,
                                                w.altupCorrectionCoefs,
                                                w.altupCorrectScale,
                                                0,
                                                kEpsilon,
                                                a.streams,
                                                a.scaled},
                                               a.arrivals);
            }};
}

Piece Layer::perLayerGate() const
{
    return {
        "per-layer gate",
        [this](Pass& pass) {
            const Activations& a = m_activations;
            engine::kernels::linear(pass, m_weights.perLayerInputGate, a.scaled, a.perLayerGate);
            engine::kernels::gatedGelu(pass, a.perLayerGate, a.perLayerInputs, 0.0F,
                                       a.perLayerGated);
        },
        [this](Pass& pass) {
            const Activations& a = m_activations;
            engine::kernels::linearGatedBy(
                pass, {&m_weights.perLayerInputGate, a.scaled, a.perLayerGated}, a.perLayerInputs);
        }};
}

Piece Layer::entry() const
{
    return {"injection, prediction, norm",
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                engine::kernels::perLayerInject(pass, a.perLayerOutput, w.postPerLayerInputNorm,
                                                kEpsilon, a.streams);
                engine::kernels::altupPredict(pass, a.streams, w.altupRouter,
                                              w.altupPredictionCoefs, 0, kEpsilon, a.predictions);
                engine::kernels::rmsNorm(pass, a.predictions.stream(0), w.inputNorm, kEpsilon,
                                         a.normalized);
            },
            [this](Pass& pass) {
                const Activations& a = m_activations;
                const LayerWeights& w = m_weights;
                engine::kernels::altupEnter(pass,
                                            {a.perLayerOutput, w.postPerLayerInputNorm,
                                             w.altupRouter, w.altupPredictionCoefs, w.inputNorm, 0,
                                             kEpsilon},
                                            a.streams, a.predictions, a.normalized);
            }};
}

// Once for each token, not for each layer.
Piece Layer::leaving() const
{
    const Activations& a = m_activations;
    std::vector<RowProduct> all;
    for (std::uint32_t i = 0; i < m_unembed.size(); ++i)
        all.push_back({&m_unembed[i], a.streams.stream(i + 1), a.unembedded.stream(i)});
    const Tensor norm = m_weights.inputNorm;
    return {"end of AltUp",
            [this, all, norm](Pass& pass) {
                const Activations& row = m_activations;
                for (const RowProduct& one : all)
                    engine::kernels::linear(pass, *one.weight, one.input, one.output);
                engine::kernels::matchMagnitude(pass, row.unembedded, 0, row.streams.stream(0));
                engine::kernels::altupMerge(pass, row.streams.stream(0), row.unembedded,
                                            row.activated);
                engine::kernels::rmsNorm(pass, row.activated, norm, kEpsilon, row.output);
            },
            [this, all, norm](Pass& pass) {
                const Activations& row = m_activations;
                engine::kernels::linearParts(pass, all);
                engine::kernels::altupLeave(pass, row.streams.stream(0), row.unembedded, norm,
                                            kEpsilon, row.output);
            }};
}

std::vector<Piece> Layer::pieces() const
{
    return {entry(),
            products(),
            attention("attention, window of 512", 512),
            attention("attention, 8,192 keys", 0),
            halves(),
            laurel(),
            gate(),
            correction(),
            perLayerGate(),
            leaving()};
}

}  // namespace

Result<LayerPieces> piecesOfALayer(Context& context, TensorType type)
{
    ENGINE_TRY(std::shared_ptr<const Layer> layer, Layer::create(context, type));
    return LayerPieces{layer->pieces(), layer};
}

}  // namespace bench
