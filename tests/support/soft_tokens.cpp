#include "tests/support/soft_tokens.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/gpu/arena.h"
#include "engine/soft_token_rows.h"

namespace tests {
namespace {

using engine::SoftTokens;
using engine::gpu::Arena;

std::shared_ptr<SoftTokens::Rows> uploaded(const std::shared_ptr<engine::Device>& device,
                                           std::span<const float> values, std::uint32_t columns)
{
    const auto rows = static_cast<std::uint32_t>(values.size() / columns);
    ENGINE_CHECK(values.size() == std::size_t{rows} * columns);
    engine::gpu::Context& context = device->context();
    const std::uint64_t bytes =
        std::uint64_t{rows} * engine::gpu::paddedColumns(columns) * sizeof(float);
    auto arena = Arena::create(context, Arena::placedBytes(context, bytes),
                               engine::gpu::MemoryUse::HostWrite);
    ENGINE_CHECK(arena && (*arena)->clear());

    auto result = std::make_shared<SoftTokens::Rows>();
    result->device = device;
    result->tensor = (*arena)->place(rows, columns);
    auto* const target = reinterpret_cast<float*>((*arena)->mapped().data());
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(values.data() + row * columns, columns, target + row * result->tensor.stride);
    result->arena = *std::move(arena);
    return result;
}

}  // namespace

SoftTokens softTokens(const std::shared_ptr<engine::Device>& device, SoftTokens::Source source,
                      std::span<const float> rows, std::span<const float> end)
{
    const auto hidden = static_cast<std::uint32_t>(end.size());
    auto all = uploaded(device, rows, hidden);
    all->end = SoftTokens(source, 1, uploaded(device, end, hidden));
    const std::uint32_t count = all->tensor.rows;
    return {source, count, std::move(all)};
}

}  // namespace tests
