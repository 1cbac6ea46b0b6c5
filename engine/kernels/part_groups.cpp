#include "engine/kernels/part_groups.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/kernels/linear_tile.h"

namespace engine::kernels {
namespace {

std::vector<Part> partsOf(const RowProduct& product)
{
    const Matrix& weight = *product.weight;
    ENGINE_CHECK(product.input.rows == 1 && product.output.rows == 1);
    ENGINE_CHECK(product.input.columns <= weight.columns);
    ENGINE_CHECK(product.output.columns <= weight.rows);
    ENGINE_CHECK(product.input.firstElement % 4 == 0);
    std::vector<Part> parts;
    for (const Matrix::Window& window : weight.windows) {
        if (window.firstRow >= product.output.columns)
            break;
        const std::uint32_t rows = std::min(window.rows, product.output.columns - window.firstRow);
        parts.push_back({weight.type, window.data, product.input, product.output,
                         product.input.columns, rows, rowUnits(weight), rowChunks(weight),
                         window.firstRow, bytesRead(weight, rows, product.input.columns)});
    }
    return parts;
}

// Whether a part can join the group; if so it has.
bool join(const Pass& pass, PartGroup& group, const Part& part, std::size_t most)
{
    const auto fits = [&pass](const gpu::Tensor& span) {
        return span.arena != nullptr && span.bytes <= pass.limits().maxStorageBufferRange;
    };
    const gpu::Tensor weight = spanOf(group.weight, part.weight);
    const gpu::Tensor input = spanOf(group.input, part.input);
    const gpu::Tensor output = spanOf(group.output, part.output);
    if (group.parts.size() == most || group.parts.front().type != part.type || !fits(weight) ||
        !fits(input) || !fits(output))
        return false;
    // A driver that reads texels fast is not to be kept from it.
    if (readsTexels(pass, part.weight, part.input) && !readsTexels(pass, weight, input))
        return false;
    group.weight = weight;
    group.input = input;
    group.output = output;
    group.parts.push_back(part);
    return true;
}

}  // namespace

std::uint32_t firstElementIn(const gpu::Tensor& span, const gpu::Tensor& tensor)
{
    return static_cast<std::uint32_t>((tensor.offset - span.offset) / sizeof(float)) +
           tensor.firstElement;
}

gpu::Tensor spanOf(const gpu::Tensor& one, const gpu::Tensor& other)
{
    if (one.arena != other.arena)
        return {};
    gpu::Tensor span = one;
    const std::uint64_t end = std::max(one.offset + one.bytes, other.offset + other.bytes);
    span.offset = std::min(one.offset, other.offset);
    span.bytes = end - span.offset;
    return span;
}

shader::LinearPart PartGroup::part(std::size_t index) const
{
    if (index >= parts.size())
        return {};
    const Part& from = parts[index];
    return {
        .columns = from.columns,
        .rows = from.rows,
        .rowUnits = from.rowUnits,
        .rowChunks = from.rowChunks,
        .firstUnit =
            static_cast<std::uint32_t>((from.weight.offset - weight.offset) / gpu::kUnitBytes),
        .inputFirst = firstElementIn(input, from.input),
        .outputFirst = firstElementIn(output, from.output) + from.firstRow,
    };
}

std::uint32_t PartGroup::workgroups(std::uint32_t rowsPerGroup) const
{
    std::uint32_t groups = 0;
    for (const Part& part : parts)
        groups += divideUp(part.rows, rowsPerGroup);
    return groups;
}

std::vector<PartGroup> groupParts(const Pass& pass, std::span<const RowProduct> products,
                                  std::size_t most)
{
    std::vector<PartGroup> groups;
    for (const RowProduct& product : products) {
        for (const Part& part : partsOf(product)) {
            const bool hasJoined = std::any_of(groups.begin(), groups.end(), [&](PartGroup& group) {
                return join(pass, group, part, most);
            });
            if (!hasJoined)
                groups.push_back({{part}, part.weight, part.input, part.output});
        }
    }
    return groups;
}

}  // namespace engine::kernels
