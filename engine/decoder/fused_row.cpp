#include "engine/decoder/fused_row.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/check.h"
#include "engine/decoder/layer_attention.h"
#include "engine/kernels/fused.h"
#include "engine/kernels/norm.h"
#include "engine/kernels/sparse.h"

namespace engine::decoder {

using kernels::Pass;
using kernels::RowProduct;

FusedRow::FusedRow(const DecoderConfig& config, const Weights& weights, const KvCache& cache)
    : m_config(config)
    , m_weights(weights)
    , m_cache(cache)
{
}

bool FusedRow::serves(const DecoderConfig& config) noexcept
{
    return config.architecture == Architecture::Gemma3 || kernels::takesWidth(config.hiddenSize);
}

void FusedRow::record(Pass& pass, const Activations& a, const Slice& slice, const Tap& tap) const
{
    ENGINE_CHECK(a.output.rows == 1);
    if (m_config.architecture == Architecture::Gemma3n)
        recordGemma3n(pass, a, slice, tap);
    else
        recordGemma3(pass, a, slice, tap);
    if (a.tally.arena != nullptr)
        pass.copy(a.sparse.tally, a.tally, a.tally.bytes);
}

void FusedRow::recordGemma3n(Pass& pass, const Activations& a, const Slice& slice,
                             const Tap& tap) const
{
    const float epsilon = m_config.rmsNormEpsilon;
    const auto layers = static_cast<std::uint32_t>(slice.layers.size());
    enterStreams(pass, a);
    const LayerWeights* before = nullptr;  // whose output is not in the streams yet
    std::uint32_t tapped = 0;
    for (std::uint32_t i = 0; i < layers; ++i) {
        if (!slice.layers[i].isActive)
            continue;
        const LayerWeights& w = m_weights.layers[i];
        kernels::AltupEntry entry{{},
                                  {},
                                  w.altupRouter,
                                  w.altupPredictionCoefs,
                                  w.inputNorm,
                                  m_config.altupActiveIndex,
                                  epsilon};
        if (tap) {
            if (before != nullptr)
                kernels::perLayerInject(pass, a.perLayerOutput, before->postPerLayerInputNorm,
                                        epsilon, a.streams);
            // Layers that are skipped have the same before them.
            for (; tapped <= i; ++tapped)
                tap(tapped);
        } else if (before != nullptr) {
            entry.injected = a.perLayerOutput;
            entry.injectedNorm = before->postPerLayerInputNorm;
        }
        kernels::altupEnter(pass, entry, a.streams, a.predictions, a.normalized);
        layerGemma3n(pass, a, i, slice.layers[i].ffnWidth);
        before = &w;
    }
    ENGINE_CHECK(before != nullptr);
    kernels::perLayerInject(pass, a.perLayerOutput, before->postPerLayerInputNorm, epsilon,
                            a.streams);
    for (; tap && tapped < layers; ++tapped)
        tap(tapped);
    leaveStreams(pass, a);
}

void FusedRow::enterStreams(Pass& pass, const Activations& a) const
{
    const gpu::Tensor first = a.streams.stream(0);
    std::vector<RowProduct> others;
    for (std::uint32_t i = 1; i < m_config.altupInputs; ++i)
        others.push_back({&m_weights.altupProjections[i - 1], first, a.streams.stream(i)});
    kernels::linearParts(pass, others);
    kernels::matchMagnitude(pass, a.streams, 1, first);
}

void FusedRow::layerGemma3n(Pass& pass, const Activations& a, std::uint32_t index,
                            std::uint32_t ffnWidth) const
{
    const LayerWeights& w = m_weights.layers[index];
    const std::uint32_t active = m_config.altupActiveIndex;

    attend(pass, a, index);
    kernels::linearLaurel(pass,
                          {{&w.oProj, a.attended, a.attention},
                           {&w.laurelRight, a.lowRank, a.laurel},
                           a.predictions.stream(active),
                           a.normalized,
                           w.postAttentionNorm,
                           w.postLaurelNorm,
                           w.preFeedforwardNorm,
                           a.residual,
                           m_config.rmsNormEpsilon},
                          a.arrivals);
    feedForward(pass, a, index, ffnWidth);
    kernels::linearGatedBy(pass, {&w.perLayerInputGate, a.scaled, a.perLayerGated},
                           slabsOf(a.perLayerInputs, {index, 1}, m_config.perLayerInputSize));
    kernels::linear(pass, w.perLayerProjection, a.perLayerGated, a.perLayerOutput);
}

void FusedRow::feedForward(Pass& pass, const Activations& a, std::uint32_t index,
                           std::uint32_t ffnWidth) const
{
    const LayerWeights& w = m_weights.layers[index];
    const gpu::Tensor gated = a.gated.firstColumns(ffnWidth);
    const kernels::AltupCorrection correction{{&w.downProj, gated, a.feedForward},
                                              w.postFeedforwardNorm,
                                              a.residual,
                                              a.predictions,
                                              w.altupRouter,
                                              w.altupCorrectionCoefs,
                                              w.altupCorrectScale,
                                              m_config.altupActiveIndex,
                                              m_config.rmsNormEpsilon,
                                              a.streams,
                                              a.scaled};
    const kernels::SparseNetwork sparse{{&w.gateProj, a.normalized, a.gate.firstColumns(ffnWidth)},
                                        {&w.upProj, a.normalized, gated},
                                        &w.downColumns,
                                        m_config.layers[index].sparsityMultiplier,
                                        a.sparse};
    if (kernels::canSkipNeurons(pass, sparse)) {
        kernels::sparseGate(pass, sparse);
        kernels::sparseCorrect(pass, sparse, correction);
        return;
    }
    gate(pass, a, index, ffnWidth);
    kernels::linearCorrect(pass, correction, a.arrivals);
}

void FusedRow::leaveStreams(Pass& pass, const Activations& a) const
{
    std::vector<RowProduct> leaving;
    for (std::uint32_t i = 1; i < m_config.altupInputs; ++i)
        leaving.push_back({&m_weights.altupUnembedProjections[i - 1], a.streams.stream(i),
                           a.unembedded.stream(i - 1)});
    kernels::linearParts(pass, leaving);
    kernels::altupLeave(pass, a.streams.stream(0), a.unembedded, m_weights.finalNorm,
                        m_config.rmsNormEpsilon, a.output);
}

void FusedRow::recordGemma3(Pass& pass, const Activations& a, const Slice& slice,
                            const Tap& tap) const
{
    for (std::uint32_t i = 0; i < slice.layers.size(); ++i) {
        if (tap)
            tap(i);
        if (slice.layers[i].isActive)
            layerGemma3(pass, a, i, slice.layers[i].ffnWidth);
    }
    kernels::rmsNorm(pass, a.residual, m_weights.finalNorm, m_config.rmsNormEpsilon, a.output);
}

void FusedRow::layerGemma3(Pass& pass, const Activations& a, std::uint32_t index,
                           std::uint32_t ffnWidth) const
{
    const LayerWeights& w = m_weights.layers[index];
    const float epsilon = m_config.rmsNormEpsilon;
    kernels::rmsNorm(pass, a.residual, w.inputNorm, epsilon, a.normalized);
    attend(pass, a, index);
    kernels::linear(pass, w.oProj, a.attended, a.attention);
    kernels::addRmsNorm(pass, a.attention, w.postAttentionNorm, a.residual, epsilon, a.residual);
    kernels::rmsNorm(pass, a.residual, w.preFeedforwardNorm, epsilon, a.normalized);
    gate(pass, a, index, ffnWidth);
    kernels::linear(pass, w.downProj, a.gated.firstColumns(ffnWidth), a.feedForward);
    kernels::addRmsNorm(pass, a.feedForward, w.postFeedforwardNorm, a.residual, epsilon,
                        a.residual);
}

// As many as keep the device busy, but no more than there is room for.
std::uint32_t FusedRow::splitsFor(const Pass& pass, const Activations& a) const
{
    const std::uint32_t wanted = (pass.sizes().busy + m_config.kvHeads - 1) / m_config.kvHeads;
    return std::min(wanted, a.partials.rows / m_config.heads);
}

// Everything that is made of the normalised row, and attention.
void FusedRow::attend(Pass& pass, const Activations& a, std::uint32_t index) const
{
    const LayerWeights& w = m_weights.layers[index];
    const LayerAttention attention = attentionOf(m_config, m_weights, m_cache, index);

    std::vector<RowProduct> products{{&w.qProj, a.normalized, a.queries}};
    if (attention.ownsCache) {
        products.push_back({&w.kProj, a.normalized, a.keys});
        products.push_back({&w.vProj, a.normalized, a.values});
    }
    if (m_config.architecture == Architecture::Gemma3n)
        products.push_back({&w.laurelLeft, a.normalized, a.lowRank});
    kernels::linearParts(pass, products);
    if (attention.ownsCache)
        kernels::qkvNormRope(pass, a.step, attention.shape, attention.rope, attention.norms,
                             {a.queries, a.keys, a.values}, *attention.cache);
    else
        kernels::queryNormRope(pass, a.step, attention.shape, attention.rope, attention.norms,
                               a.queries);
    kernels::attentionSplit(pass, a.step, attention.shape, a.queries, *attention.cache,
                            splitsFor(pass, a), {a.partials, a.arrivals}, a.attended);
}

// gelu(gate) · up. What is cut off from a sparse gate is known only when all of it is.
void FusedRow::gate(Pass& pass, const Activations& a, std::uint32_t index,
                    std::uint32_t ffnWidth) const
{
    const LayerWeights& w = m_weights.layers[index];
    const float sparsity = m_config.layers[index].sparsityMultiplier;
    const RowProduct gate{&w.gateProj, a.normalized, a.gate.firstColumns(ffnWidth)};
    const RowProduct up{&w.upProj, a.normalized, a.up.firstColumns(ffnWidth)};
    const gpu::Tensor gated = a.gated.firstColumns(ffnWidth);
    if (sparsity == 0.0F) {
        kernels::linearGated(pass, gate, up, gated);
        return;
    }
    kernels::linearParts(pass, std::array{gate, up});
    kernels::gatedGelu(pass, gate.output, up.output, sparsity, gated);
}

}  // namespace engine::decoder
