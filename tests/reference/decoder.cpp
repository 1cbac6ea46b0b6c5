#include "tests/reference/decoder.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "tests/reference/attention.h"
#include "tests/reference/linear.h"
#include "tests/reference/matformer.h"
#include "tests/reference/norm.h"
#include "tests/reference/rope.h"

namespace reference {

namespace {

using engine::decoder::Architecture;
using engine::decoder::DecoderConfig;
using engine::decoder::LayerConfig;
using engine::decoder::LayerKind;
using Values = std::vector<float>;

Values add(std::span<const float> a, std::span<const float> b)
{
    ENGINE_CHECK(a.size() == b.size());
    Values sum(a.begin(), a.end());
    for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += b[i];
    return sum;
}

// One pass: the keys and values of the layers so far, and the numbers that every layer needs.
class Pass {
public:
    Pass(const DecoderConfig& config, const DecoderWeights& weights,
         std::span<const std::uint32_t> ids, std::span<const EmbeddingRows> media);

    ForwardPass run();

private:
    Values embeddings() const;

    // Gemma 3n
    Values perLayerInputs(std::span<const float> embeddings) const;
    Values altupInit(std::span<const float> embeddings) const;
    Values altupLayer(std::size_t l, std::span<const float> streams);
    void addPerLayerInput(std::size_t l, std::span<float> corrected) const;
    Values altupOutput(std::span<const float> streams) const;

    // Gemma 3
    Values plainLayer(std::size_t l, std::span<const float> x);

    Values attend(std::size_t l, std::span<const float> n);
    Values feedForward(std::size_t l, std::span<const float> h) const;
    Values norm(std::span<const float> x, std::span<const float> weight) const;
    Values rotate(std::size_t l, std::span<const float> x, std::size_t heads) const;

    const DecoderConfig& m_config;
    const DecoderWeights& m_weights;
    std::span<const std::uint32_t> m_ids;
    std::span<const EmbeddingRows> m_media;
    std::size_t m_hidden;
    std::size_t m_layerInputWidth;  // of the per-layer inputs of one layer
    AltupShape m_altup;
    Values m_layerInputs;  // [T × layers·width]
    std::vector<Values> m_keys, m_values;
};

Pass::Pass(const DecoderConfig& config, const DecoderWeights& weights,
           std::span<const std::uint32_t> ids, std::span<const EmbeddingRows> media)
    : m_config(config)
    , m_weights(weights)
    , m_ids(ids)
    , m_media(media)
    , m_hidden(config.hiddenSize)
    , m_layerInputWidth(config.perLayerInputSize)
    , m_altup{config.altupInputs, config.altupActiveIndex, config.hiddenSize}
    , m_keys(config.layers.size())
    , m_values(config.layers.size())
{
}

ForwardPass Pass::run()
{
    const bool hasAltup = m_config.architecture == Architecture::Gemma3n;
    Values streams = embeddings();
    if (hasAltup) {
        m_layerInputs = perLayerInputs(streams);
        streams = altupInit(streams);
    }

    ForwardPass pass;
    for (std::size_t l = 0; l < m_config.layers.size(); ++l) {
        pass.streams.insert(pass.streams.end(), streams.begin(), streams.end());
        streams = hasAltup ? altupLayer(l, streams) : plainLayer(l, streams);
    }

    const Values x = hasAltup ? altupOutput(streams) : streams;
    const Values output = norm(x, m_weights.finalNorm);
    pass.logits =
        softcap(linear(m_weights.embedTokens, output, m_hidden), m_config.finalLogitSoftcap);
    return pass;
}

// Ids beyond the table have rows of media, which replace whatever the table says.
Values Pass::embeddings() const
{
    std::vector<std::uint32_t> ids(m_ids.begin(), m_ids.end());
    for (std::uint32_t& id : ids)
        id = id < m_config.vocabularySize ? id : 0;
    const double scale = std::sqrt(static_cast<double>(m_hidden));
    Values rows = embed(m_weights.embedTokens, ids, m_hidden, scale);
    for (const EmbeddingRows& media : m_media) {
        ENGINE_CHECK((media.first * m_hidden) + media.rows.size() <= rows.size());
        std::copy(media.rows.begin(), media.rows.end(),
                  rows.begin() + static_cast<std::ptrdiff_t>(media.first * m_hidden));
    }
    return rows;
}

Values Pass::perLayerInputs(std::span<const float> embeddings) const
{
    // Ids that are no text have no row of their own: they use the first.
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t id : m_ids)
        rows.push_back(id < m_config.textVocabularySize ? id : 0);
    const Values tableRows =
        embed(m_weights.embedTokensPerLayer, rows, m_config.layers.size() * m_layerInputWidth, 1.0);
    return reference::perLayerInputs(embeddings, tableRows, m_weights.perLayerModelProjection,
                                     m_weights.perLayerProjectionNorm, m_hidden,
                                     m_config.rmsNormEpsilon);
}

Values Pass::altupInit(std::span<const float> embeddings) const
{
    Values streams(embeddings.begin(), embeddings.end());
    for (const Values& projection : m_weights.altupProjections) {
        const Values stream =
            matchMagnitude(linear(projection, embeddings, m_hidden), embeddings, m_hidden);
        streams.insert(streams.end(), stream.begin(), stream.end());
    }
    return streams;
}

Values Pass::altupLayer(std::size_t l, std::span<const float> streams)
{
    const LayerWeights& w = m_weights.layers[l];
    const std::size_t size = m_ids.size() * m_hidden;  // of one stream
    const std::size_t active = m_altup.activeIndex * size;

    const auto modalities = [&](std::span<const float> x) {
        return altupModalities(x, w.altupRouterNorm, w.altupRouter, m_config.rmsNormEpsilon);
    };
    const Values predictions = altupPredict(streams, modalities(streams.subspan(active, size)),
                                            w.altupPredictionCoefs, m_altup);
    const std::span<const float> a = std::span(predictions).subspan(active, size);

    const Values n = norm(a, w.inputNorm);
    const Values lau =
        laurel(n, w.laurelLeft, w.laurelRight, w.postLaurelNorm, m_config.rmsNormEpsilon);
    const Values g = add(a, norm(attend(l, n), w.postAttentionNorm));
    Values h = add(g, lau);
    for (float& value : h)
        value = static_cast<float>(value / std::sqrt(2.0));

    const Values activated = add(h, feedForward(l, h));
    Values corrected = altupCorrect(predictions, activated, modalities(activated),
                                    w.altupCorrectionCoefs, m_altup);
    addPerLayerInput(l, corrected);
    return corrected;
}

void Pass::addPerLayerInput(std::size_t l, std::span<float> corrected) const
{
    const LayerWeights& w = m_weights.layers[l];
    const std::size_t size = m_ids.size() * m_hidden;
    const std::size_t width = m_layerInputWidth;
    const std::size_t rowWidth = m_config.layers.size() * width;

    const std::span<const float> active = corrected.subspan(m_altup.activeIndex * size, size);
    Values scaled(active.begin(), active.end());
    for (std::size_t i = 0; i < size; ++i)
        scaled[i] *= w.altupCorrectScale[i % m_hidden];

    Values layerInputs;  // [T × width]
    for (std::size_t t = 0; t < m_ids.size(); ++t) {
        const auto row = std::span(m_layerInputs).subspan(t * rowWidth + l * width, width);
        layerInputs.insert(layerInputs.end(), row.begin(), row.end());
    }
    const Values gated = gatedGelu(linear(w.perLayerInputGate, scaled, m_hidden), layerInputs);
    const Values z = norm(linear(w.perLayerProjection, gated, width), w.postPerLayerInputNorm);

    // The published model adds to streams 1 and up, whatever the active one is.
    for (std::size_t stream = 1; stream < m_altup.inputs; ++stream) {
        for (std::size_t i = 0; i < size; ++i)
            corrected[stream * size + i] += z[i];
    }
}

Values Pass::altupOutput(std::span<const float> streams) const
{
    const std::size_t size = m_ids.size() * m_hidden;
    const std::span<const float> first = streams.first(size);
    Values sum(first.begin(), first.end());
    for (std::size_t i = 1; i < m_altup.inputs; ++i) {
        const Values& unembed = m_weights.altupUnembedProjections[i - 1];
        const Values projected = linear(unembed, streams.subspan(i * size, size), m_hidden);
        sum = add(sum, matchMagnitude(projected, first, m_hidden));
    }
    for (float& value : sum)
        value /= static_cast<float>(m_altup.inputs);
    return sum;
}

Values Pass::plainLayer(std::size_t l, std::span<const float> x)
{
    const LayerWeights& w = m_weights.layers[l];
    const Values h = add(x, norm(attend(l, norm(x, w.inputNorm)), w.postAttentionNorm));
    return add(h, feedForward(l, h));
}

// Wo · Attention(n), before its norm. Layers that share read what their source layer has kept.
Values Pass::attend(std::size_t l, std::span<const float> n)
{
    const LayerWeights& w = m_weights.layers[l];
    const LayerConfig& layer = m_config.layers[l];
    const Values q = rotate(l, norm(linear(w.qProj, n, m_hidden), w.qNorm), m_config.heads);
    if (layer.kvLayer == l) {
        m_keys[l] = rotate(l, norm(linear(w.kProj, n, m_hidden), w.kNorm), m_config.kvHeads);
        m_values[l] = linear(w.vProj, n, m_hidden);
        if (m_config.architecture == Architecture::Gemma3n)
            m_values[l] = rmsNorm(m_values[l], m_config.headDim, m_config.rmsNormEpsilon);
    }

    const bool isSliding = layer.kind == LayerKind::Sliding;
    const AttentionShape shape{.heads = m_config.heads,
                               .kvHeads = m_config.kvHeads,
                               .headDim = m_config.headDim,
                               .window = isSliding ? m_config.slidingWindow : 0,
                               .scale = m_config.attentionScale};
    const Values attended = attention(q, m_keys[layer.kvLayer], m_values[layer.kvLayer], shape, 0);
    return linear(w.oProj, attended, std::size_t{m_config.heads} * m_config.headDim);
}

// norm(MLP(norm(h))), without the residual.
Values Pass::feedForward(std::size_t l, std::span<const float> h) const
{
    const LayerWeights& w = m_weights.layers[l];
    const float multiplier = m_config.layers[l].sparsityMultiplier;
    const std::size_t width = w.gateProj.size() / m_hidden;

    const Values y = norm(h, w.preFeedforwardNorm);
    Values gate = linear(w.gateProj, y, m_hidden);
    if (multiplier != 0.0F)
        gate = gaussianTopk(gate, width, multiplier);
    const Values gated = gatedGelu(gate, linear(w.upProj, y, m_hidden));
    return norm(linear(w.downProj, gated, width), w.postFeedforwardNorm);
}

Values Pass::norm(std::span<const float> x, std::span<const float> weight) const
{
    return rmsNorm(x, weight, m_config.rmsNormEpsilon);
}

Values Pass::rotate(std::size_t l, std::span<const float> x, std::size_t heads) const
{
    const bool isFull = m_config.layers[l].kind == LayerKind::Full;
    return rope(x, heads, m_config.headDim, 0,
                isFull ? m_config.ropeThetaFull : m_config.ropeThetaSliding,
                isFull ? m_config.ropeScaleFull : 1.0);
}

}  // namespace

ForwardPass forward(const DecoderConfig& config, const DecoderWeights& weights,
                    std::span<const std::uint32_t> ids, std::span<const EmbeddingRows> media)
{
    ENGINE_CHECK(!ids.empty() && weights.layers.size() == config.layers.size());
    return Pass(config, weights, ids, media).run();
}

}  // namespace reference
