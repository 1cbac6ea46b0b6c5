#include "engine/decoder/costs.h"

namespace engine::decoder {
namespace {

struct Cost {
    std::uint64_t bytes = 0;
    std::uint64_t elements = 0;

    // A matrix of which so many rows and columns are in use.
    void add(const kernels::Matrix& matrix, std::uint32_t rows, std::uint32_t columns) noexcept
    {
        const std::uint64_t used = std::uint64_t{rows} * columns;
        const std::uint64_t all = std::uint64_t{matrix.rows} * matrix.columns;
        if (all == 0)
            return;
        bytes += matrix.storedBytes / matrix.rows * used / matrix.columns;
        elements += used;
    }

    void add(const kernels::Matrix& matrix) noexcept { add(matrix, matrix.rows, matrix.columns); }

    void add(const Cost& more) noexcept
    {
        bytes += more.bytes;
        elements += more.elements;
    }
};

Cost costOfLayer(const LayerWeights& w, std::uint32_t ffnWidth) noexcept
{
    Cost cost;
    for (const kernels::Matrix* matrix :
         {&w.qProj, &w.kProj, &w.vProj, &w.oProj, &w.laurelLeft, &w.laurelRight,
          &w.perLayerInputGate, &w.perLayerProjection})
        cost.add(*matrix);
    cost.add(w.gateProj, ffnWidth, w.gateProj.columns);
    cost.add(w.upProj, ffnWidth, w.upProj.columns);
    cost.add(w.downProj, w.downProj.rows, ffnWidth);
    return cost;
}

Cost costOfLayers(const DecoderConfig& config, const Weights& weights, const Slice& slice) noexcept
{
    Cost cost;
    for (const kernels::Matrix& matrix : weights.altupProjections)
        cost.add(matrix);
    for (std::size_t i = 0; i < slice.layers.size(); ++i) {
        if (!slice.layers[i].isActive)
            continue;
        const kernels::Matrix& inputs = weights.perLayerModelProjection;
        cost.add(inputs, config.perLayerInputSize, inputs.columns);
        cost.add(costOfLayer(weights.layers[i], slice.layers[i].ffnWidth));
    }
    return cost;
}

}  // namespace

ShapeCosts shapeCosts(const DecoderConfig& config, const Weights& weights,
                      const Slice& slice) noexcept
{
    Cost cost = costOfLayers(config, weights, slice);
    ShapeCosts costs;
    costs.rowFlops = 2 * cost.elements;
    for (const kernels::Matrix& matrix : weights.altupUnembedProjections)
        cost.add(matrix);
    const kernels::Matrix& table = weights.embedTokens;
    cost.add(table, 1, table.columns);
    cost.add(table, config.textVocabularySize, table.columns);
    costs.leastWeightBytes = cost.bytes;
    return costs;
}

}  // namespace engine::decoder
