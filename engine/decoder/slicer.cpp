#include "engine/decoder/slicer.h"

#include <algorithm>
#include <initializer_list>

#include "engine/gpu/tensor.h"
#include "engine/kernels/weight_upload.h"

namespace engine::decoder {
namespace {

constexpr std::uint64_t kFloat = sizeof(float);  // vectors are float32 on the device

Error refused(std::string sentence)
{
    return {ErrorCode::InvalidInput, std::move(sentence)};
}

void addMatrix(SliceCosts& costs, const MatrixSource& matrix)
{
    if (!matrix.isPresent())
        return;
    const std::uint64_t bytes = matrix.rows * kernels::deviceRowBytes(matrix);
    costs.parameters += std::uint64_t{matrix.rows} * matrix.columns;
    costs.deviceBytes += bytes;
    costs.bytesPerToken += bytes;
}

void addVector(SliceCosts& costs, const VectorSource& vector)
{
    costs.parameters += vector.size;
    costs.deviceBytes += vector.size * kFloat;
}

// The head reads a row for each id that may be drawn, the lookup one more.
SliceCosts fixedCosts(const DecoderConfig& config, const DecoderSources& sources)
{
    SliceCosts costs;
    const std::uint64_t rowBytes = kernels::deviceRowBytes(sources.embedTokens);
    costs.deviceBytes = config.vocabularySize * rowBytes;
    costs.bytesPerToken = (std::uint64_t{config.textVocabularySize} + 1) * rowBytes;
    addVector(costs, sources.finalNorm);
    addVector(costs, sources.perLayerProjectionNorm);
    for (const auto* projections : {&sources.altupProjections, &sources.altupUnembedProjections}) {
        for (const MatrixSource& projection : *projections)
            addMatrix(costs, projection);
    }
    return costs;
}

SliceCosts fixedCosts(const DecoderConfig& config, const LayerConfig& layer,
                      const LayerSources& from)
{
    SliceCosts costs;
    for (const MatrixSource* matrix :
         {&from.qProj, &from.kProj, &from.vProj, &from.oProj, &from.laurelLeft, &from.laurelRight,
          &from.perLayerInputGate, &from.perLayerProjection})
        addMatrix(costs, *matrix);
    for (const VectorSource* vector :
         {&from.qNorm, &from.kNorm, &from.inputNorm, &from.postAttentionNorm,
          &from.preFeedforwardNorm, &from.postFeedforwardNorm, &from.postLaurelNorm,
          &from.altupRouter, &from.altupRouterNorm, &from.altupPredictionCoefs,
          &from.altupCorrectionCoefs, &from.altupCorrectScale, &from.postPerLayerInputNorm})
        addVector(costs, *vector);
    const bool borrows = !from.kProj.isPresent() && layer.kvLayer < config.kvLayers;
    if (borrows)
        costs.parameters +=
            std::uint64_t{2} * config.kvHeads * config.headDim * config.hiddenSize + config.headDim;
    return costs;
}

// A layer's rows of the projection to per-layer inputs.
void addSlab(SliceCosts& costs, const DecoderConfig& config, const MatrixSource& projection)
{
    if (!projection.isPresent())
        return;
    MatrixSource slab = projection;
    slab.rows = config.perLayerInputSize;
    addMatrix(costs, slab);
}

// Shaders read 8 elements of a float row at a time, and 32 of blocks, which a file can only cut
// where they end.
std::uint32_t stepOf(file::TensorType type)
{
    return std::max(file::typeInfo(type).blockElements, gpu::kColumnPadding);
}

std::string layerName(std::size_t index)
{
    return "Layer " + std::to_string(index);
}

}  // namespace

Slicer::Slicer(const DecoderConfig& config, const DecoderSources& sources)
    : m_hidden(config.hiddenSize)
    , m_fixed(fixedCosts(config, sources))
{
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const LayerSources& from = sources.layers[i];
        Layer layer;
        layer.fixed = fixedCosts(config, config.layers[i], from);
        addSlab(layer.fixed, config, sources.perLayerModelProjection);
        layer.gateAndUpBytes =
            kernels::deviceRowBytes(from.gateProj) + kernels::deviceRowBytes(from.upProj);
        layer.downRowBytes = kernels::deviceRowBytes(from.downProj);
        if (from.isSparse)
            layer.downColumnsBytes = kernels::deviceColumnBytes(from.downProj);
        layer.ffnWidth = config.layers[i].ffnWidth;
        layer.kvLayer = config.layers[i].kvLayer;
        layer.step = stepOf(from.downProj.type);
        layer.type = file::typeInfo(from.downProj.type).name;
        m_layers.push_back(std::move(layer));
    }
}

Result<void> Slicer::checkWidth(std::uint32_t index, std::uint32_t width) const
{
    const Layer& layer = m_layers[index];
    if (width == layer.ffnWidth)
        return {};
    if (width == 0)
        return refused(layerName(index) + " is given no neurons; skip it instead.");
    if (width > layer.ffnWidth)
        return refused(layerName(index) + " is given " + std::to_string(width) +
                       " neurons, but the file has " + std::to_string(layer.ffnWidth) + ".");
    if (width % layer.step != 0)
        return refused(layerName(index) + " is given " + std::to_string(width) +
                       " neurons, but weights of type " + layer.type +
                       " can only be cut at multiples of " + std::to_string(layer.step) + ".");
    return {};
}

// Keys and values of a layer that is left out would never be written.
Result<void> Slicer::checkKeys(const Slice& slice) const
{
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const std::uint32_t source = m_layers[i].kvLayer;
        if (slice.layers[i].isActive && !slice.layers[source].isActive)
            return refused(layerName(source) + " cannot be skipped: layer " + std::to_string(i) +
                           " reads its keys and values.");
    }
    return {};
}

Result<Slice> Slicer::slice(const ModelSize& size) const
{
    if (size.ffnWidths.size() != m_layers.size())
        return refused("The size lists widths for " + std::to_string(size.ffnWidths.size()) +
                       " layers, but the file has " + std::to_string(m_layers.size()) + ".");
    Slice slice;
    for (const std::uint32_t width : size.ffnWidths)
        slice.layers.push_back({true, width});
    for (const std::uint32_t skipped : size.skippedLayers) {
        if (skipped >= m_layers.size())
            return refused(layerName(skipped) + " cannot be skipped: the file has " +
                           std::to_string(m_layers.size()) + " layers, counted from 0.");
        if (!slice.layers[skipped].isActive)
            return refused(layerName(skipped) + " is skipped twice.");
        slice.layers[skipped].isActive = false;
    }
    if (size.skippedLayers.size() == m_layers.size())
        return refused("The size skips every layer.");
    for (std::uint32_t i = 0; i < layers(); ++i) {
        if (slice.layers[i].isActive) {
            ENGINE_TRY_VOID(checkWidth(i, slice.layers[i].ffnWidth));
        } else {
            slice.layers[i].ffnWidth = 0;
        }
    }
    ENGINE_TRY_VOID(checkKeys(slice));
    return slice;
}

ModelSize Slicer::sizeOf(const Slice& slice)
{
    ModelSize size;
    for (std::uint32_t i = 0; i < slice.layers.size(); ++i) {
        size.ffnWidths.push_back(slice.layers[i].ffnWidth);
        if (!slice.layers[i].isActive)
            size.skippedLayers.push_back(i);
    }
    return size;
}

SliceCosts Slicer::costs(const Slice& slice) const
{
    SliceCosts sum = m_fixed;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const auto& [isActive, width] = slice.layers[i];
        if (!isActive)
            continue;
        const Layer& layer = m_layers[i];
        const std::uint64_t ffnBytes =
            width * layer.gateAndUpBytes + m_hidden * layer.downRowBytes * width / layer.ffnWidth;
        sum.parameters += layer.fixed.parameters + std::uint64_t{3} * m_hidden * width;
        sum.deviceBytes +=
            layer.fixed.deviceBytes + ffnBytes + layer.downColumnsBytes * width / layer.ffnWidth;
        sum.bytesPerToken += layer.fixed.bytesPerToken + ffnBytes;
    }
    return sum;
}

}  // namespace engine::decoder
