#include "engine/audio/weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "engine/file/dequantize.h"

namespace engine::audio {
namespace {

// One row of a matrix as float32.
std::vector<float> rowOf(const MatrixSource& source, std::uint32_t row)
{
    std::vector<float> values(source.columns);
    file::dequantize(source.type,
                     source.bytes.subspan(static_cast<std::size_t>(row * source.rowBytes),
                                          static_cast<std::size_t>(source.rowBytes)),
                     values);
    return values;
}

// What a query's elements are multiplied with before they meet the keys (spec 03 §4.1).
std::vector<float> queryScale(const VectorSource& perDimScale)
{
    std::vector<float> values(perDimScale.size);
    file::dequantize(perDimScale.type, perDimScale.bytes, values);
    const double factor = 1.0 / (std::sqrt(static_cast<double>(values.size())) * std::numbers::ln2);
    for (float& value : values)
        value = static_cast<float>(factor * std::log1p(std::exp(double{value})));
    return values;
}

// Sines, then cosines, of a distance [window × hidden] (spec 03 §4.1).
std::vector<double> distanceEmbeddings(std::uint32_t window, std::uint32_t hidden)
{
    const std::uint32_t half = hidden / 2;
    const double step = std::log(1e4) / std::max(half - 1.0, 1.0);
    std::vector<double> values(std::size_t{window} * hidden);
    for (std::uint32_t d = 0; d < window; ++d) {
        for (std::uint32_t i = 0; i < half; ++i) {
            const double angle = d * std::exp(-step * i);
            values[std::size_t{d} * hidden + i] = std::sin(angle);
            values[std::size_t{d} * hidden + half + i] = std::cos(angle);
        }
    }
    return values;
}

// The block's projection of the distances [window × hidden]. It is the same for every sound, so
// that the matrix is not needed afterwards.
std::vector<float> projectDistances(const MatrixSource& matrix,
                                    const std::vector<double>& embeddings)
{
    const std::size_t hidden = matrix.columns;
    const std::size_t window = embeddings.size() / hidden;
    std::vector<float> projected(window * matrix.rows);
    for (std::uint32_t row = 0; row < matrix.rows; ++row) {
        const auto weights = rowOf(matrix, row);
        for (std::size_t d = 0; d < window; ++d) {
            const double* embedding = embeddings.data() + d * hidden;
            double sum = 0.0;
            for (std::size_t i = 0; i < hidden; ++i)
                sum += weights[i] * embedding[i];
            projected[d * matrix.rows + row] = static_cast<float>(sum);
        }
    }
    return projected;
}

void add(kernels::WeightUpload& upload, const FeedForwardSources& from, FeedForwardWeights& to)
{
    upload.add(from.preNorm, to.preNorm);
    upload.add(from.up, to.up);
    upload.add(from.down, to.down);
    upload.add(from.postNorm, to.postNorm);
}

// Adds numbers that were computed from a tensor, unless it holds some that are none.
Result<void> addComputed(kernels::WeightUpload& upload, std::vector<float> values,
                         const std::string& name, gpu::Tensor& to)
{
    if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
        return Error{ErrorCode::InvalidFile,
                     "Tensor '" + name +
                         "' holds a value that is not a number; the file is damaged."};
    upload.add(std::move(values), to);
    return {};
}

Result<void> add(kernels::WeightUpload& upload, const BlockSources& from,
                 const std::vector<double>& distances, BlockWeights& to)
{
    add(upload, from.start, to.start);
    add(upload, from.end, to.end);
    upload.add(from.preAttentionNorm, to.preAttentionNorm);
    upload.add({from.query, from.key, from.value}, to.qkv);
    ENGINE_TRY_VOID(
        addComputed(upload, queryScale(from.perDimScale), from.perDimScale.name, to.queryScale));
    ENGINE_TRY_VOID(addComputed(upload, projectDistances(from.positions, distances),
                                from.positions.name, to.positions));
    upload.add(from.post, to.post);
    upload.add(from.postAttentionNorm, to.postAttentionNorm);
    upload.add(from.preConvNorm, to.preConvNorm);
    upload.add(from.convStart, to.convStart);
    upload.add(from.depthwise, to.depthwise);
    upload.add(from.convNorm, to.convNorm);
    upload.add(from.convEnd, to.convEnd);
    upload.add(from.finalNorm, to.finalNorm);
    return {};
}

// Products with a tail cannot go through a matrix a window at a time.
Result<void> checkWindows(const gpu::Context& context, const AudioSources& sources)
{
    std::vector<const MatrixSource*> matrices{&sources.inputProjection};
    for (const BlockSources& block : sources.blocks) {
        for (const MatrixSource* source : {&block.start.up, &block.start.down, &block.end.up,
                                           &block.end.down, &block.post, &block.convEnd})
            matrices.push_back(source);
    }
    for (const MatrixSource* source : matrices) {
        if (source->bytes.size() + source->rows * std::uint64_t{16} + 64 >
            context.limits().maxStorageBufferRange)
            return Error{ErrorCode::UnsupportedModel,
                         "Tensor '" + source->name + "' is too large for this device."};
    }
    return {};
}

}  // namespace

Result<AudioWeights> uploadWeights(gpu::Context& context, const AudioConfig& config,
                                   const AudioSources& sources, const file::TensorTable& files,
                                   const kernels::UploadProgress& progress,
                                   const std::stop_token& stop)
{
    ENGINE_TRY_VOID(checkWindows(context, sources));
    AudioWeights weights;
    kernels::WeightUpload upload;
    for (std::size_t i = 0; i < sources.frontConv.size(); ++i) {
        upload.add(sources.frontConv[i], weights.frontConv[i]);
        upload.add(sources.frontNorm[i], weights.frontNorm[i]);
    }
    upload.add(sources.inputProjection, weights.inputProjection);
    const auto distances = distanceEmbeddings(config.window, config.hiddenSize);
    weights.blocks.resize(sources.blocks.size());
    for (std::size_t i = 0; i < sources.blocks.size(); ++i) {
        if (stop.stop_requested())
            return Error{ErrorCode::Cancelled, "Loading was cancelled."};
        ENGINE_TRY_VOID(add(upload, sources.blocks[i], distances, weights.blocks[i]));
    }
    upload.add(sources.softNorm, weights.softNorm);
    upload.add(sources.hardNorm, weights.hardNorm);
    upload.add(sources.projection, weights.projection);
    upload.add(std::vector<float>(config.textHiddenSize, 1.0F), weights.ones);
    ENGINE_TRY_VOID(addComputed(upload, rowOf(sources.embedding, config.endOfAudioRow),
                                sources.embedding.name, weights.endOfAudio));
    ENGINE_TRY_VOID(addComputed(upload, rowOf(sources.embedding, config.vocabularySize - 1),
                                sources.embedding.name, weights.padding));
    ENGINE_TRY(weights.held, upload.run(context, files, progress, stop));
    return weights;
}

}  // namespace engine::audio
