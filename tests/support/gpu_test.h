#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/device.h"
#include "engine/file/tensor_type.h"
#include "engine/gpu/arena.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/catalogue.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"

namespace tests {

// A device for tests of kernels: tensors that the host can read and write, one submission at a
// time.
class GpuTest {
public:
    // Null where there is no Vulkan device; aborts instead where REQUIRE_VULKAN is set to 1.
    static std::unique_ptr<GpuTest> create();

    engine::gpu::Context& context() const { return m_device->context(); }
    const std::shared_ptr<engine::Device>& device() const { return m_device; }

    // [rows × columns], zeroed.
    engine::gpu::Tensor allocate(std::uint32_t rows, std::uint32_t columns);
    engine::gpu::Tensor upload(std::span<const float> values, std::uint32_t rows,
                               std::uint32_t columns);
    engine::gpu::Tensor uploadBytes(std::span<const std::byte> bytes);

    // Stored rows as the loader would lay them out, in windows of at most `rowsPerWindow` rows.
    engine::kernels::Matrix matrix(engine::file::TensorType type, std::span<const std::byte> bytes,
                                   std::uint32_t rows, std::uint32_t columns,
                                   std::uint32_t rowsPerWindow = UINT32_MAX);

    // The same by columns.
    engine::kernels::ColumnMatrix columnMatrix(engine::file::TensorType type,
                                               std::span<const std::byte> bytes, std::uint32_t rows,
                                               std::uint32_t columns);

    // Records, submits and waits. Returns what it cost.
    engine::kernels::PassCosts run(const std::function<void(engine::kernels::Pass&)>& record);

    // The tensor's rows without their padding.
    std::vector<float> download(const engine::gpu::Tensor& tensor) const;

    // The memory behind a tensor, as T.
    template <typename T>
    std::span<T> view(const engine::gpu::Tensor& tensor) const
    {
        const auto bytes = tensor.arena->mapped().subspan(tensor.offset, tensor.bytes);
        return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
    }

private:
    std::shared_ptr<engine::Device> m_device;
    std::vector<std::unique_ptr<engine::gpu::Arena>> m_arenas;
};

}  // namespace tests
