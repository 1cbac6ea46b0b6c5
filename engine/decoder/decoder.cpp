#include "engine/decoder/decoder.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/decoder/layer_attention.h"
#include "engine/kernels/attention.h"
#include "engine/kernels/norm.h"
#include "engine/kernels/sampling.h"

namespace engine::decoder {

using kernels::Pass;

Decoder::Decoder(const DecoderConfig& config, const Weights& weights, const KvCache& cache,
                 Kernels kernels)
    : m_config(config)
    , m_weights(weights)
    , m_cache(cache)
    , m_slice(Slice::whole(config))
    , m_kernels(kernels)
    , m_fusedRow(config, weights, cache)
{
}

void Decoder::recordPrefill(Pass& pass, const Activations& a,
                            std::span<const EmbeddingRows> media) const
{
    const std::uint32_t last = prefillEnd();
    embedTokens(pass, a, media, last);
    enterStreams(pass, a);
    for (std::uint32_t i = 0; i < last; ++i)
        layer(pass, a, i, Extent::Whole);
    layer(pass, a, last, Extent::KeysAndValues);
}

void Decoder::recordStep(Pass& pass, const Activations& a) const
{
    recordAll(pass, a, {});
    kernels::linear(pass, m_weights.embedTokens, a.output, a.logits);
    if (m_config.finalLogitSoftcap > 0.0F)
        kernels::softcap(pass, a.logits, m_config.finalLogitSoftcap);
    kernels::sample(pass, {a.step, a.seen, a.logits, a.sliceMax, a.result});
}

void Decoder::recordAll(Pass& pass, const Activations& a, const gpu::Tensor& taps) const
{
    embedTokens(pass, a, {}, static_cast<std::uint32_t>(m_config.layers.size()));
    const std::uint32_t streams = streamCount();
    const gpu::Tensor& first = streams > 1 ? a.streams.data : a.residual;
    const std::uint64_t tapBytes = std::uint64_t{first.rows} * first.stride * sizeof(float);
    const FusedRow::Tap tap = [&](std::uint32_t index) {
        for (std::uint32_t s = 0; s < streams; ++s) {
            gpu::Tensor to = taps;
            to.firstElement = (index * streams + s) * first.rows * first.stride;
            pass.copy(streams > 1 ? a.streams.stream(s) : a.residual, to, tapBytes);
        }
    };
    const bool isTapped = taps.arena != nullptr;
    if (m_kernels == Kernels::Fused && first.rows == 1 && FusedRow::serves(m_config)) {
        m_fusedRow.record(pass, a, m_slice, isTapped ? tap : nullptr);
        return;
    }
    enterStreams(pass, a);
    for (std::uint32_t i = 0; i < m_config.layers.size(); ++i) {
        if (isTapped)
            tap(i);
        layer(pass, a, i, Extent::Whole);
    }
    finish(pass, a);
}

void Decoder::recordHead(Pass& pass, const gpu::Tensor& output, const gpu::Tensor& logits) const
{
    kernels::linear(pass, m_weights.embedTokens, output, logits);
    if (m_config.finalLogitSoftcap > 0.0F)
        kernels::softcap(pass, logits, m_config.finalLogitSoftcap);
}

void Decoder::embedTokens(Pass& pass, const Activations& a, std::span<const EmbeddingRows> media,
                          std::uint32_t layers) const
{
    const float scale = std::sqrt(static_cast<float>(m_config.hiddenSize));
    const bool isGemma3n = m_config.architecture == Architecture::Gemma3n;
    const gpu::Tensor embedding = isGemma3n ? a.streams.stream(0) : a.residual;
    kernels::embed(pass, m_weights.embedTokens, a.ids, scale, embedding);
    for (const EmbeddingRows& from : media) {
        const gpu::Tensor to = embedding.rowsFrom(from.firstRow, from.rows.rows);
        ENGINE_CHECK(from.firstRow + to.rows <= embedding.rows && from.rows.stride == to.stride);
        pass.copy(from.rows, to, std::uint64_t{to.rows} * to.stride * sizeof(float));
    }
    if (isGemma3n)
        projectPerLayerInputs(pass, a, embedding, layers);
}

void Decoder::enterStreams(Pass& pass, const Activations& a) const
{
    if (m_config.architecture != Architecture::Gemma3n)
        return;
    const gpu::Tensor embedding = a.streams.stream(0);
    for (std::uint32_t i = 1; i < m_config.altupInputs; ++i)
        kernels::linear(pass, m_weights.altupProjections[i - 1], embedding, a.streams.stream(i));
    kernels::matchMagnitude(pass, a.streams, 1, embedding);
}

// Slabs of skipped layers are not projected; what is made of their old values is not read.
void Decoder::projectPerLayerInputs(Pass& pass, const Activations& a, const gpu::Tensor& embedding,
                                    std::uint32_t layers) const
{
    const std::uint32_t width = m_config.perLayerInputSize;
    const auto runs = m_slice.runsBelow(layers);
    if (runs.empty())
        return;
    for (const LayerRun& run : runs)
        kernels::linearRows(pass, m_weights.perLayerModelProjection, run.first * width, embedding,
                            slabsOf(a.perLayerProjected, run, width));
    const std::uint32_t columns = (runs.back().first + runs.back().count) * width;
    kernels::perLayerInputs(pass, a.perLayerProjected.firstColumns(columns),
                            m_weights.perLayerProjectionNorm, a.perLayerRows.firstColumns(columns),
                            m_config.hiddenSize, m_config.rmsNormEpsilon,
                            a.perLayerInputs.firstColumns(columns));
}

void Decoder::layer(Pass& pass, const Activations& a, std::uint32_t index, Extent extent) const
{
    if (!m_slice.layers[index].isActive)
        return;
    if (m_config.architecture == Architecture::Gemma3n)
        layerGemma3n(pass, a, index, extent);
    else
        layerGemma3(pass, a, index, extent);
}

void Decoder::layerGemma3n(Pass& pass, const Activations& a, std::uint32_t index,
                           Extent extent) const
{
    const LayerWeights& w = m_weights.layers[index];
    const float epsilon = m_config.rmsNormEpsilon;
    const std::uint32_t active = m_config.altupActiveIndex;

    kernels::altupPredict(pass, a.streams, w.altupRouter, w.altupPredictionCoefs, active, epsilon,
                          a.predictions);
    kernels::rmsNorm(pass, a.predictions.stream(active), w.inputNorm, epsilon, a.normalized);
    attend(pass, a, index, extent);
    if (extent == Extent::KeysAndValues)
        return;

    kernels::linear(pass, w.laurelLeft, a.normalized, a.lowRank);
    kernels::linear(pass, w.laurelRight, a.lowRank, a.laurel);
    kernels::laurelResidual(pass,
                            {a.predictions.stream(active), a.normalized, a.attention, a.laurel},
                            w.postAttentionNorm, w.postLaurelNorm, epsilon, a.residual);

    feedForward(pass, a, index);
    kernels::addRmsNorm(pass, a.feedForward, w.postFeedforwardNorm, a.residual, epsilon,
                        a.activated);
    kernels::altupCorrect(pass, a.predictions, a.activated, w.altupRouter, w.altupCorrectionCoefs,
                          w.altupCorrectScale, active, epsilon, a.streams, a.scaled);

    kernels::linear(pass, w.perLayerInputGate, a.scaled, a.perLayerGate);
    kernels::gatedGelu(pass, a.perLayerGate,
                       slabsOf(a.perLayerInputs, {index, 1}, m_config.perLayerInputSize), 0.0F,
                       a.perLayerGated);
    kernels::linear(pass, w.perLayerProjection, a.perLayerGated, a.perLayerOutput);
    kernels::perLayerInject(pass, a.perLayerOutput, w.postPerLayerInputNorm, epsilon, a.streams);
}

void Decoder::layerGemma3(Pass& pass, const Activations& a, std::uint32_t index,
                          Extent extent) const
{
    const LayerWeights& w = m_weights.layers[index];
    const float epsilon = m_config.rmsNormEpsilon;

    kernels::rmsNorm(pass, a.residual, w.inputNorm, epsilon, a.normalized);
    attend(pass, a, index, extent);
    if (extent == Extent::KeysAndValues)
        return;
    kernels::addRmsNorm(pass, a.attention, w.postAttentionNorm, a.residual, epsilon, a.residual);
    feedForward(pass, a, index);
    kernels::addRmsNorm(pass, a.feedForward, w.postFeedforwardNorm, a.residual, epsilon,
                        a.residual);
}

void Decoder::attend(Pass& pass, const Activations& a, std::uint32_t index, Extent extent) const
{
    const LayerWeights& w = m_weights.layers[index];
    const LayerAttention attention = attentionOf(m_config, m_weights, m_cache, index);
    if (attention.ownsCache) {
        kernels::linear(pass, w.kProj, a.normalized, a.keys);
        kernels::linear(pass, w.vProj, a.normalized, a.values);
    }
    if (extent == Extent::KeysAndValues) {
        kernels::keyValueNormRope(pass, a.step, attention.shape, attention.rope, attention.norms,
                                  a.keys, a.values, *attention.cache);
        return;
    }
    kernels::linear(pass, w.qProj, a.normalized, a.queries);
    if (attention.ownsCache)
        kernels::qkvNormRope(pass, a.step, attention.shape, attention.rope, attention.norms,
                             {a.queries, a.keys, a.values}, *attention.cache);
    else
        kernels::queryNormRope(pass, a.step, attention.shape, attention.rope, attention.norms,
                               a.queries);
    kernels::attention(pass, a.step, attention.shape, a.queries, *attention.cache, a.attended);
    kernels::linear(pass, w.oProj, a.attended, a.attention);
}

void Decoder::feedForward(Pass& pass, const Activations& a, std::uint32_t index) const
{
    const LayerWeights& w = m_weights.layers[index];
    const std::uint32_t width = m_slice.layers[index].ffnWidth;
    const auto gate = a.gate.firstColumns(width);
    const auto up = a.up.firstColumns(width);
    const auto gated = a.gated.firstColumns(width);

    kernels::rmsNorm(pass, a.residual, w.preFeedforwardNorm, m_config.rmsNormEpsilon, a.normalized);
    kernels::linear(pass, w.gateProj, a.normalized, gate);
    kernels::linear(pass, w.upProj, a.normalized, up);
    kernels::gatedGelu(pass, gate, up, m_config.layers[index].sparsityMultiplier, gated);
    kernels::linear(pass, w.downProj, gated, a.feedForward);
}

void Decoder::finish(Pass& pass, const Activations& a) const
{
    if (m_config.architecture == Architecture::Gemma3) {
        kernels::rmsNorm(pass, a.residual, m_weights.finalNorm, m_config.rmsNormEpsilon, a.output);
        return;
    }
    for (std::uint32_t i = 1; i < m_config.altupInputs; ++i)
        kernels::linear(pass, m_weights.altupUnembedProjections[i - 1], a.streams.stream(i),
                        a.unembedded.stream(i - 1));
    kernels::matchMagnitude(pass, a.unembedded, 0, a.streams.stream(0));
    kernels::altupMerge(pass, a.streams.stream(0), a.unembedded, a.activated);
    kernels::rmsNorm(pass, a.activated, m_weights.finalNorm, m_config.rmsNormEpsilon, a.output);
}

std::uint32_t Decoder::streamCount() const noexcept
{
    return std::max(m_config.altupInputs, 1U);
}

std::uint64_t Decoder::attentionFlops(std::uint32_t first, std::uint32_t rows,
                                      std::uint32_t layers) const noexcept
{
    std::uint64_t keys = 0;
    for (std::uint32_t i = 0; i < layers; ++i) {
        if (!m_slice.layers[i].isActive)
            continue;
        const bool isFull = m_config.layers[i].kind == LayerKind::Full;
        for (std::uint32_t p = first; p < first + rows; ++p)
            keys += isFull ? p + 1 : std::min(p + 1, m_config.slidingWindow);
    }
    return keys * 4 * m_config.heads * m_config.headDim;
}

}  // namespace engine::decoder
