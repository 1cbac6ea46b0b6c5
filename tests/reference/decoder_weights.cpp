#include "tests/reference/decoder_weights.h"

#include <algorithm>

#include "engine/file/dequantize.h"

namespace reference {

namespace {

using engine::decoder::LayerSources;
using engine::decoder::MatrixSource;
using engine::decoder::VectorSource;

std::vector<float> read(const MatrixSource& source)
{
    std::vector<float> values(std::size_t{source.rows} * source.columns);
    if (source.isPresent())
        engine::file::dequantize(source.type, source.bytes, values);
    return values;
}

std::vector<float> read(const VectorSource& source)
{
    std::vector<float> values(source.size);
    if (source.isPresent())
        engine::file::dequantize(source.type, source.bytes, values);
    for (float& value : values) {
        value += source.offset;
        if (source.clip != 0.0F)
            value = std::clamp(value, -source.clip, source.clip);
    }
    return values;
}

LayerWeights read(const LayerSources& source)
{
    LayerWeights layer;
    layer.qProj = read(source.qProj);
    layer.kProj = read(source.kProj);
    layer.vProj = read(source.vProj);
    layer.oProj = read(source.oProj);
    layer.gateProj = read(source.gateProj);
    layer.upProj = read(source.upProj);
    layer.downProj = read(source.downProj);
    layer.qNorm = read(source.qNorm);
    layer.kNorm = read(source.kNorm);
    layer.inputNorm = read(source.inputNorm);
    layer.postAttentionNorm = read(source.postAttentionNorm);
    layer.preFeedforwardNorm = read(source.preFeedforwardNorm);
    layer.postFeedforwardNorm = read(source.postFeedforwardNorm);
    layer.laurelLeft = read(source.laurelLeft);
    layer.laurelRight = read(source.laurelRight);
    layer.postLaurelNorm = read(source.postLaurelNorm);
    layer.altupRouter = read(source.altupRouter);
    layer.altupRouterNorm = read(source.altupRouterNorm);
    layer.altupPredictionCoefs = read(source.altupPredictionCoefs);
    layer.altupCorrectionCoefs = read(source.altupCorrectionCoefs);
    layer.altupCorrectScale = read(source.altupCorrectScale);
    layer.perLayerInputGate = read(source.perLayerInputGate);
    layer.perLayerProjection = read(source.perLayerProjection);
    layer.postPerLayerInputNorm = read(source.postPerLayerInputNorm);
    return layer;
}

}  // namespace

DecoderWeights readWeights(const engine::decoder::DecoderSources& sources)
{
    DecoderWeights weights;
    weights.embedTokens = read(sources.embedTokens);
    weights.finalNorm = read(sources.finalNorm);
    for (const LayerSources& layer : sources.layers)
        weights.layers.push_back(read(layer));
    weights.embedTokensPerLayer = read(sources.embedTokensPerLayer);
    weights.perLayerModelProjection = read(sources.perLayerModelProjection);
    weights.perLayerProjectionNorm = read(sources.perLayerProjectionNorm);
    for (const MatrixSource& projection : sources.altupProjections)
        weights.altupProjections.push_back(read(projection));
    for (const MatrixSource& projection : sources.altupUnembedProjections)
        weights.altupUnembedProjections.push_back(read(projection));
    return weights;
}

}  // namespace reference
