#include "engine/decoder/weights.h"

#include <utility>

namespace engine::decoder {
namespace {

// Everything of `sources`, with its place in `weights`.
kernels::WeightUpload listWeights(const DecoderSources& sources, Weights& weights)
{
    kernels::WeightUpload upload;
    upload.add(sources.embedTokens, weights.embedTokens);
    upload.add(sources.finalNorm, weights.finalNorm);
    upload.add(sources.perLayerModelProjection, weights.perLayerModelProjection);
    upload.add(sources.perLayerProjectionNorm, weights.perLayerProjectionNorm);
    weights.altupProjections.resize(sources.altupProjections.size());
    weights.altupUnembedProjections.resize(sources.altupUnembedProjections.size());
    for (std::size_t i = 0; i < sources.altupProjections.size(); ++i)
        upload.add(sources.altupProjections[i], weights.altupProjections[i]);
    for (std::size_t i = 0; i < sources.altupUnembedProjections.size(); ++i)
        upload.add(sources.altupUnembedProjections[i], weights.altupUnembedProjections[i]);

    weights.layers.resize(sources.layers.size());
    for (std::size_t i = 0; i < sources.layers.size(); ++i) {
        const LayerSources& from = sources.layers[i];
        LayerWeights& to = weights.layers[i];
        // What fused kernels bind as one comes one after the other.
        upload.add(from.qProj, to.qProj);
        upload.add(from.kProj, to.kProj);
        upload.add(from.vProj, to.vProj);
        upload.add(from.laurelLeft, to.laurelLeft);
        upload.add(from.oProj, to.oProj);
        upload.add(from.laurelRight, to.laurelRight);
        upload.add(from.gateProj, to.gateProj);
        upload.add(from.upProj, to.upProj);
        if (from.isSparse)
            upload.add(from.downProj, to.downProj, to.downColumns);
        else
            upload.add(from.downProj, to.downProj);
        upload.add(from.perLayerInputGate, to.perLayerInputGate);
        upload.add(from.perLayerProjection, to.perLayerProjection);
        upload.add(from.qNorm, to.qNorm);
        upload.add(from.kNorm, to.kNorm);
        upload.add(from.inputNorm, to.inputNorm);
        upload.add(from.postAttentionNorm, to.postAttentionNorm);
        upload.add(from.preFeedforwardNorm, to.preFeedforwardNorm);
        upload.add(from.postFeedforwardNorm, to.postFeedforwardNorm);
        upload.add(from.postLaurelNorm, to.postLaurelNorm);
        upload.add(from.altupRouterNorm, to.altupRouter.norm);
        upload.add(from.altupRouter, to.altupRouter.router);
        upload.add(from.altupPredictionCoefs, to.altupPredictionCoefs);
        upload.add(from.altupCorrectionCoefs, to.altupCorrectionCoefs);
        upload.add(from.altupCorrectScale, to.altupCorrectScale);
        upload.add(from.postPerLayerInputNorm, to.postPerLayerInputNorm);
    }
    return upload;
}

}  // namespace

std::uint64_t deviceBytes(const DecoderSources& sources)
{
    Weights unused;
    return listWeights(sources, unused).deviceBytes();
}

Result<Weights> uploadWeights(gpu::Context& context, const DecoderSources& sources,
                              const file::TensorTable& files,
                              const kernels::UploadProgress& progress, const std::stop_token& stop)
{
    Weights weights;
    ENGINE_TRY(weights.held, listWeights(sources, weights).run(context, files, progress, stop));
    return weights;
}

}  // namespace engine::decoder
