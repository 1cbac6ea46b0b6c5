#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>

#include <vulkan/vulkan.h>

#include "engine/gpu/context.h"
#include "engine/gpu/spirv_interface.h"
#include "engine/gpu/tensor.h"
#include "engine/result.h"

namespace engine::gpu {

enum class MemoryUse {
    Device,     // fast for shaders; mapped too where the device's memory is the host's
    HostWrite,  // the host writes, shaders read
    HostRead,   // shaders write, the host reads
    Staging,    // the host writes, for copies to the device; not counted as held
};

// One device allocation and the tensors placed in it one after the other. Freed as a whole.
class Arena {
public:
    // Its contents are undefined. Fails with OutOfMemory.
    static Result<std::unique_ptr<Arena>> create(Context& context, std::uint64_t bytes,
                                                 MemoryUse use);

    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    // Fills it with zeros.
    Result<void> clear();

    // Bytes that place() takes for a tensor of `bytes`.
    static std::uint64_t placedBytes(const Context& context, std::uint64_t bytes) noexcept;

    // The next tensor, [rows × columns] float32 with rows of `columns` rounded up to
    // paddedColumns().
    Tensor place(std::uint32_t rows, std::uint32_t columns);

    // The next `bytes` bytes, for what has a layout of its own.
    Tensor placeBytes(std::uint64_t bytes);

    // The tensor's binding as texels; made when first asked for, and kept. The null handle where
    // the driver has no memory for it.
    VkBufferView texelView(const Tensor& tensor, View view) const;

    VkBuffer buffer() const noexcept { return m_buffer; }
    std::uint64_t size() const noexcept { return m_size; }

    // The memory as the host sees it; empty where it does not.
    std::span<std::byte> mapped() const noexcept { return m_mapped; }

private:
    Arena(Context& context, std::uint64_t size, MemoryUse use)
        : m_context(context)
        , m_size(size)
        , m_use(use)
    {
    }

    Result<void> allocate();
    std::uint64_t& countedBytes() const noexcept;

    Context& m_context;
    std::uint64_t m_size;
    MemoryUse m_use;
    std::uint64_t m_used = 0;
    VkBuffer m_buffer = VK_NULL_HANDLE;
    VkDeviceMemory m_memory = VK_NULL_HANDLE;
    std::span<std::byte> m_mapped;
    mutable std::map<std::tuple<std::uint64_t, std::uint64_t, View>, VkBufferView> m_views;
};

}  // namespace engine::gpu
