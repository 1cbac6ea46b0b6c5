#include "engine/kernels/fused.h"

#include <array>
#include <vector>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"
#include "engine/kernels/part_groups.h"
#include "shaders/fused/altup_enter_params.h"
#include "shaders/fused/altup_leave_params.h"
#include "shaders/fused/linear_correct_params.h"
#include "shaders/fused/linear_gated_params.h"
#include "shaders/fused/linear_laurel_params.h"
#include "shaders/fused/linear_parts_params.h"

namespace engine::kernels {
namespace {

gpu::Workgroups groupsFor(const Pass& pass, const PartGroup& group)
{
    const LinearTile tile{rowsPerGroup(pass), 1};
    return linearGroups(tile, group.workgroups(tile.rows) * tile.rows, 1);
}

void count(Pass& pass, const PartGroup& group)
{
    for (const Part& part : group.parts) {
        pass.countWeights(part.bytesRead);
        pass.countFlops(std::uint64_t{2} * part.rows * part.columns);
    }
}

void dispatchParts(Pass& pass, const PartGroup& group)
{
    const shader::LinearPartsParams params{group.part(0), group.part(1), group.part(2),
                                           group.part(3)};
    pass.dispatch(readsTexels(pass, group.weight, group.input) ? Kernel::LinearPartsReadTexels
                                                               : Kernel::LinearParts,
                  group.parts.front().type, {pass.sizes().linear, rowsPerGroup(pass)}, params,
                  {group.weight, group.input, group.output}, groupsFor(pass, group));
    count(pass, group);
}

// All groups but the last, which something is to be done with; its outputs are written four at a
// time.
PartGroup dispatchAllButLast(Pass& pass, std::span<const RowProduct> products, std::size_t most)
{
    const std::vector<PartGroup> groups = groupParts(pass, products, most);
    for (std::size_t i = 0; i + 1 < groups.size(); ++i)
        dispatchParts(pass, groups[i]);
    for (std::size_t i = 0; i < groups.back().parts.size(); ++i) {
        const shader::LinearPart part = groups.back().part(i);
        ENGINE_CHECK(part.rows % 4 == 0 && part.outputFirst % 4 == 0);
    }
    return groups.back();
}

}  // namespace

void linearParts(Pass& pass, std::span<const RowProduct> products)
{
    constexpr std::size_t kParts = 4;
    for (const PartGroup& group : groupParts(pass, products, kParts))
        dispatchParts(pass, group);
}

void linearGated(Pass& pass, const RowProduct& gate, const RowProduct& up,
                 const gpu::Tensor& output)
{
    ENGINE_CHECK(gate.output.columns == output.columns && up.output.columns == output.columns);
    const std::array products{RowProduct{gate.weight, gate.input, output},
                              RowProduct{up.weight, up.input, output}};
    const std::vector<PartGroup> groups = groupParts(pass, products, products.size());
    // Both whole, side by side.
    if (groups.size() != 1 || groups.front().parts.front().rows != output.columns) {
        linearParts(pass, std::array{gate, up});
        gatedGelu(pass, gate.output, up.output, 0.0F, output);
        return;
    }
    const PartGroup& group = groups.front();
    const shader::LinearGatedParams params{
        .gate = group.part(0), .up = group.part(1), .factorFirst = 0};
    const std::uint32_t rows = rowsPerGroup(pass);
    pass.dispatch(readsTexels(pass, group.weight, group.input) ? Kernel::LinearGatedReadTexels
                                                               : Kernel::LinearGated,
                  gate.weight->type, {pass.sizes().linear, rows, 1}, params,
                  {group.weight, group.input, group.input, group.output},
                  linearGroups({rows, 1}, output.columns, 1));
    count(pass, group);
}

void linearGatedBy(Pass& pass, const RowProduct& gate, const gpu::Tensor& factor)
{
    for (const PartGroup& group : groupParts(pass, std::span(&gate, 1), 1)) {
        const shader::LinearGatedParams params{.gate = group.part(0),
                                               .up = {},
                                               .factorFirst = factor.firstElement +
                                                              group.parts.front().firstRow};
        pass.dispatch(readsTexels(pass, group.weight, group.input) ? Kernel::LinearGatedReadTexels
                                                                   : Kernel::LinearGated,
                      gate.weight->type, {pass.sizes().linear, rowsPerGroup(pass), 0}, params,
                      {group.weight, group.input, factor, group.output}, groupsFor(pass, group));
        count(pass, group);
    }
}

void altupEnter(Pass& pass, const AltupEntry& entry, const Streams& streams,
                const Streams& predictions, const gpu::Tensor& normalized)
{
    ENGINE_CHECK(streams.data.rows == 1 && streams.stride == predictions.stride);
    ENGINE_CHECK(takesWidth(streams.data.columns));
    const bool injects = entry.injected.arena != nullptr;
    const shader::AltupEnterParams params{
        .width = streams.data.columns,
        .streamStride = streams.stride,
        .activeIndex = entry.activeIndex,
        .epsilon = entry.epsilon,
    };
    // Without a layer before, what is bound in its places is not touched.
    pass.dispatch(pass.usesCpuKernels() ? Kernel::AltupEnterReadTexels : Kernel::AltupEnter, {},
                  {pass.sizes().row, streams.inputs, injects ? 1U : 0U}, params,
                  {injects ? entry.injected : entry.inputNorm,
                   injects ? entry.injectedNorm : entry.inputNorm, streams.data, entry.router.norm,
                   entry.router.router, entry.coefs, predictions.data, entry.inputNorm, normalized},
                  {1, 1, 1});
}

void linearLaurel(Pass& pass, const LaurelMeeting& meeting, const Arrivals& arrivals)
{
    constexpr std::size_t kParts = 2;
    ENGINE_CHECK(meeting.normalized.firstElement == 0 && meeting.output.firstElement == 0);
    PartGroup last =
        dispatchAllButLast(pass, std::array{meeting.attention, meeting.lowRank}, kParts);
    last.output = spanOf(meeting.attention.output, meeting.lowRank.output);
    const bool texels = readsTexels(pass, last.weight, last.input);
    std::array<std::uint32_t, kParts> rows{};
    std::uint32_t groups = 0;
    for (std::size_t i = 0; i < kParts; ++i) {
        const shader::LinearPart part = last.part(i);
        rows.at(i) = groupRows(pass, texels, last.parts.front().type, part.columns);
        groups += divideUp(part.rows, rows.at(i));
    }
    const shader::LinearLaurelParams params{
        .first = last.part(0),
        .second = last.part(1),
        .attentionFirst = firstElementIn(last.output, meeting.attention.output),
        .lowRankFirst = firstElementIn(last.output, meeting.lowRank.output),
        .activeFirst = meeting.active.firstElement,
        .width = meeting.output.columns,
        .firstGroupRows = rows[0],
        .secondGroupRows = rows[1],
        .groups = groups,
        .epsilon = meeting.epsilon,
    };
    pass.dispatch(texels ? Kernel::LinearLaurelReadTexels : Kernel::LinearLaurel,
                  last.parts.front().type, {pass.sizes().meeting, rowsPerGroup(pass)}, params,
                  {last.weight, last.input, last.output, meeting.active, meeting.normalized,
                   meeting.attentionNorm, meeting.lowRankNorm, meeting.nextNorm, meeting.output,
                   arrivals},
                  linearGroups({1, 1}, groups, 1));
    count(pass, last);
}

void linearCorrect(Pass& pass, const AltupCorrection& correction, const Arrivals& arrivals)
{
    ENGINE_CHECK(correction.streams.stride == correction.predictions.stride);
    ENGINE_CHECK(correction.residual.firstElement == 0);
    const PartGroup last = dispatchAllButLast(pass, std::span(&correction.down, 1), 1);
    const std::uint32_t rows = rowsPerGroup(pass);
    const shader::LinearCorrectParams params{
        .part = last.part(0),
        .productFirst = firstElementIn(last.output, correction.down.output),
        .width = correction.down.output.columns,
        .streamStride = correction.streams.stride,
        .activeIndex = correction.activeIndex,
        .groups = last.workgroups(rows),
        .epsilon = correction.epsilon,
    };
    pass.dispatch(readsTexels(pass, last.weight, last.input) ? Kernel::LinearCorrectReadTexels
                                                             : Kernel::LinearCorrect,
                  last.parts.front().type, {pass.sizes().meeting, rows, correction.streams.inputs},
                  params,
                  {last.weight, last.input, last.output, correction.norm, correction.residual,
                   correction.predictions.data, correction.router.norm, correction.router.router,
                   correction.coefs, correction.outputScale, correction.streams.data,
                   correction.scaled, arrivals},
                  groupsFor(pass, last));
    count(pass, last);
}

void altupLeave(Pass& pass, const gpu::Tensor& first, const Streams& others,
                const gpu::Tensor& norm, float epsilon, const gpu::Tensor& output)
{
    ENGINE_CHECK(first.rows == 1 && first.firstElement == 0 && output.firstElement == 0);
    const shader::AltupLeaveParams params{
        .width = first.columns,
        .streamStride = others.stride,
        .others = others.inputs,
        .epsilon = epsilon,
    };
    pass.dispatch(Kernel::AltupLeave, {}, {pass.sizes().row}, params,
                  {first, others.data, norm, output}, {1, 1, 1});
}

}  // namespace engine::kernels
