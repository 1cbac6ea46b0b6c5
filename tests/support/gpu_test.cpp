#include "tests/support/gpu_test.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/base/check.h"
#include "engine/gpu/commands.h"
#include "engine/kernels/column_layout.h"
#include "engine/kernels/row_layout.h"

namespace tests {

using engine::gpu::Arena;
using engine::gpu::Tensor;

std::unique_ptr<GpuTest> GpuTest::create()
{
    auto device = engine::Device::open();
    if (!device) {
        std::fprintf(stderr, "No device: %s\n", device.error().message.c_str());
        const char* required = std::getenv("REQUIRE_VULKAN");
        ENGINE_CHECK(required == nullptr || std::string_view(required) != "1");
        return nullptr;
    }
    auto test = std::make_unique<GpuTest>();
    test->m_device = *std::move(device);
    return test;
}

Tensor GpuTest::uploadBytes(std::span<const std::byte> bytes)
{
    auto arena = Arena::create(context(), Arena::placedBytes(context(), bytes.size()),
                               engine::gpu::MemoryUse::HostRead);
    ENGINE_CHECK(arena);
    ENGINE_CHECK((*arena)->clear());
    std::copy(bytes.begin(), bytes.end(), (*arena)->mapped().begin());
    const Tensor tensor = (*arena)->placeBytes(bytes.size());
    m_arenas.push_back(*std::move(arena));
    return tensor;
}

Tensor GpuTest::allocate(std::uint32_t rows, std::uint32_t columns)
{
    const std::uint32_t stride = engine::gpu::paddedColumns(columns);
    const std::vector<std::byte> zeros(std::size_t{rows} * stride * sizeof(float));
    Tensor tensor = uploadBytes(zeros);
    tensor.rows = rows;
    tensor.columns = columns;
    tensor.stride = stride;
    return tensor;
}

Tensor GpuTest::upload(std::span<const float> values, std::uint32_t rows, std::uint32_t columns)
{
    ENGINE_CHECK(values.size() == std::size_t{rows} * columns);
    const Tensor tensor = allocate(rows, columns);
    const auto target = view<float>(tensor);
    for (std::size_t row = 0; row < rows; ++row)
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                    target.begin() + static_cast<std::ptrdiff_t>(row * tensor.stride));
    return tensor;
}

engine::kernels::Matrix GpuTest::matrix(engine::file::TensorType type,
                                        std::span<const std::byte> bytes, std::uint32_t rows,
                                        std::uint32_t columns, std::uint32_t rowsPerWindow)
{
    const std::size_t rowBytes = bytes.size() / rows;
    const std::size_t pitch = engine::kernels::rowLayout(type, columns).bytes;
    engine::kernels::Matrix matrix{type, rows, columns, pitch, {}};
    for (std::uint32_t first = 0; first < rows; first += std::min(rowsPerWindow, rows)) {
        const std::uint32_t count = std::min(rowsPerWindow, rows - first);
        std::vector<std::byte> window(count * pitch);
        for (std::size_t row = 0; row < count; ++row)
            engine::kernels::layOutRow(type, bytes.subspan((first + row) * rowBytes, rowBytes),
                                       std::span(window).subspan(row * pitch, pitch));
        matrix.windows.push_back({uploadBytes(window), first, count});
    }
    return matrix;
}

engine::kernels::ColumnMatrix GpuTest::columnMatrix(engine::file::TensorType type,
                                                    std::span<const std::byte> bytes,
                                                    std::uint32_t rows, std::uint32_t columns)
{
    const auto layout = engine::kernels::columnLayout(type, rows);
    ENGINE_CHECK(layout);
    constexpr std::uint32_t kPerBlock = engine::kernels::kColumnsPerBlock;
    std::vector<std::byte> blocks((columns + kPerBlock - 1) / kPerBlock * layout->blockBytes);
    engine::kernels::layOutColumns({type, bytes, bytes.size() / rows, rows, columns}, 0, blocks);
    return {type, rows, columns, uploadBytes(blocks)};
}

engine::kernels::PassCosts GpuTest::run(const std::function<void(engine::kernels::Pass&)>& record)
{
    auto commands = engine::gpu::CommandBuffer::create(context());
    ENGINE_CHECK(commands);
    ENGINE_CHECK((*commands)->begin());
    engine::kernels::Pass pass(**commands, m_device->catalogue());
    record(pass);
    const auto costs = pass.finish();
    ENGINE_CHECK(costs);
    ENGINE_CHECK((*commands)->submitAndWait());
    return *costs;
}

std::vector<float> GpuTest::download(const Tensor& tensor) const
{
    const auto from = view<const float>(tensor);
    std::vector<float> values;
    for (std::size_t row = 0; row < tensor.rows; ++row) {
        const auto begin =
            from.begin() + static_cast<std::ptrdiff_t>(tensor.firstElement + row * tensor.stride);
        values.insert(values.end(), begin, begin + tensor.columns);
    }
    return values;
}

}  // namespace tests
