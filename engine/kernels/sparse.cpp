#include "engine/kernels/sparse.h"

#include <vector>

#include "engine/base/check.h"
#include "engine/kernels/column_layout.h"
#include "engine/kernels/linear_tile.h"
#include "engine/kernels/part_groups.h"
#include "shaders/fused/sparse_correct_params.h"
#include "shaders/fused/sparse_gate_params.h"
#include "shaders/fused/sparse_up_params.h"

namespace engine::kernels {
namespace {

// Survivors are few: fewer rows together than of a dense matrix.
constexpr std::uint32_t kSurvivorsTogether = 4;

// Blocks of neurons that are looked at together. A CPU driver wants few workgroups with some work
// each; a GPU as many as there can be.
std::uint32_t blocksTogether(const Pass& pass)
{
    return pass.usesCpuKernels() ? 4 : 1;
}

std::uint32_t units(std::uint64_t bytes)
{
    return static_cast<std::uint32_t>(bytes / gpu::kUnitBytes);
}

ColumnLayout layoutOf(const ColumnMatrix& matrix)
{
    const auto layout = columnLayout(matrix.type, matrix.rows);
    ENGINE_CHECK(layout);
    return *layout;
}

PartGroup onlyGroup(const Pass& pass, const RowProduct& product)
{
    std::vector<PartGroup> groups = groupParts(pass, std::span(&product, 1), 1);
    ENGINE_CHECK(groups.size() == 1);
    return groups.front();
}

void multiplyGate(Pass& pass, const SparseNetwork& network)
{
    const PartGroup group = onlyGroup(pass, network.gate);
    const std::uint32_t rows = rowsPerGroup(pass);
    const shader::SparseGateParams params{
        .part = group.part(0), .groups = group.workgroups(rows), .multiplier = network.multiplier};
    pass.dispatch(readsTexels(pass, group.weight, group.input) ? Kernel::SparseGateReadTexels
                                                               : Kernel::SparseGate,
                  network.gate.weight->type, {pass.sizes().linear, rows}, params,
                  {group.weight, group.input, group.output, network.scratch.moments,
                   network.scratch.cutoff, network.scratch.arrivals},
                  linearGroups({rows, 1}, params.groups * rows, 1));
    const Part& part = group.parts.front();
    pass.countWeights(part.bytesRead);
    pass.countFlops(std::uint64_t{2} * part.rows * part.columns);
}

void multiplyUp(Pass& pass, const SparseNetwork& network)
{
    const PartGroup group = onlyGroup(pass, network.up);
    const ColumnLayout down = layoutOf(*network.down);
    const std::uint32_t blocks = blocksTogether(pass);
    const shader::SparseUpParams params{
        .part = group.part(0),
        .gateFirst = network.gate.output.firstElement,
        .neuronUnits = rowUnits(*network.up.weight) + units(down.columnBytes),
        .blockUnits = units(down.scaleBytes),
    };
    const bool usesTexels =
        readsTexels(pass, group.weight, group.input) && fitsTexels(pass, network.gate.output);
    pass.dispatch(usesTexels ? Kernel::SparseUpReadTexels : Kernel::SparseUp,
                  network.up.weight->type, {pass.sizes().linear, kSurvivorsTogether, blocks},
                  params,
                  {group.weight, group.input, network.gate.output, network.scratch.cutoff,
                   group.output, network.scratch.survivors, network.scratch.tally},
                  {divideUp(params.part.rows, blocks * kColumnsPerBlock), 1, 1});
}

}  // namespace

std::uint32_t survivorWords(std::uint32_t neurons) noexcept
{
    constexpr std::uint32_t kTogether = 4;
    return divideUp(neurons, kTogether * kColumnsPerBlock) * kTogether;
}

SparseTally readTally(std::span<const std::uint32_t> words)
{
    static_assert(kSparseTallyWords == shader::kTallyWords);
    ENGINE_CHECK(words.size() >= kSparseTallyWords);
    const auto counter = [&words](std::uint32_t first) {
        return std::uint64_t{words[first + 1]} << 32U | words[first];
    };
    return {counter(shader::kTallyUnits) * gpu::kUnitBytes, counter(shader::kTallyNeurons)};
}

bool canSkipNeurons(const Pass& pass, const SparseNetwork& network)
{
    return network.down->data.arena != nullptr &&
           network.down->data.bytes <= pass.limits().maxStorageBufferRange &&
           groupParts(pass, std::span(&network.gate, 1), 1).size() == 1 &&
           groupParts(pass, std::span(&network.up, 1), 1).size() == 1;
}

void sparseGate(Pass& pass, const SparseNetwork& network)
{
    const gpu::Tensor& gate = network.gate.output;
    ENGINE_CHECK(gate.columns == network.up.output.columns && gate.firstElement % 4 == 0);
    ENGINE_CHECK(network.scratch.survivors.columns >= survivorWords(gate.columns));
    multiplyGate(pass, network);
    multiplyUp(pass, network);
}

void sparseCorrect(Pass& pass, const SparseNetwork& network, const AltupCorrection& correction)
{
    const ColumnMatrix& weight = *network.down;
    const gpu::Tensor& input = network.up.output;
    const gpu::Tensor& survivors = network.scratch.survivors;
    const gpu::Tensor& product = correction.down.output;
    ENGINE_CHECK(input.columns <= weight.columns && input.firstElement % 4 == 0);
    ENGINE_CHECK(product.columns == weight.rows && product.firstElement == 0);
    ENGINE_CHECK(takesWidth(product.columns) && correction.residual.firstElement == 0);
    ENGINE_CHECK(correction.streams.stride == correction.predictions.stride);

    const ColumnLayout layout = layoutOf(weight);
    const bool isForCpu = pass.usesCpuKernels();
    const std::uint32_t lanes = isForCpu ? pass.sizes().linear : pass.sizes().row;
    const std::uint32_t groups = isForCpu ? divideUp(layout.chunks, lanes) : layout.chunks;
    const shader::SparseCorrectParams params{
        .neurons = input.columns,
        .inputFirst = input.firstElement,
        .chunks = layout.chunks,
        .blockUnits = units(layout.blockBytes),
        .scaleUnits = units(layout.scaleBytes),
        .neuronUnits = units(layout.columnBytes),
        .productFirst = 0,
        .width = weight.rows,
        .streamStride = correction.streams.stride,
        .activeIndex = correction.activeIndex,
        .groups = groups,
        .epsilon = correction.epsilon,
    };
    const bool usesTexels = readsTexels(pass, weight.data, input) && fitsTexels(pass, survivors);
    pass.dispatch(usesTexels ? Kernel::SparseCorrectReadTexels : Kernel::SparseCorrect, weight.type,
                  {lanes, blocksTogether(pass), correction.streams.inputs, isForCpu ? 0U : 1U},
                  params,
                  {weight.data, input, product, correction.norm, correction.residual,
                   correction.predictions.data, correction.router.norm, correction.router.router,
                   correction.coefs, correction.outputScale, correction.streams.data,
                   correction.scaled, network.scratch.arrivals, survivors},
                  {groups, 1, 1});
}

}  // namespace engine::kernels
