#include "engine/gpu/arena.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/base/check.h"
#include "engine/gpu/commands.h"

namespace engine::gpu {
namespace {

// What every buffer has behind the tensors placed in it.
constexpr std::uint64_t kSlackBytes = 256;

std::uint64_t alignUp(std::uint64_t value, std::uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

// Property flags in order of preference; the first that the device has is taken.
std::span<const VkMemoryPropertyFlags> preferences(MemoryUse use, bool isSoftware)
{
    static constexpr VkMemoryPropertyFlags kHost =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    static constexpr VkMemoryPropertyFlags kDevice[] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
    static constexpr VkMemoryPropertyFlags kShared[] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | kHost,
                                                        VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
    static constexpr VkMemoryPropertyFlags kWrite[] = {kHost};
    static constexpr VkMemoryPropertyFlags kRead[] = {kHost | VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                                                      kHost};
    switch (use) {
    case MemoryUse::Device:
        return isSoftware ? std::span<const VkMemoryPropertyFlags>(kShared) : kDevice;
    case MemoryUse::HostWrite:
    case MemoryUse::Staging:
        return kWrite;
    case MemoryUse::HostRead:
        return kRead;
    }
    return kDevice;
}

std::optional<std::uint32_t> findMemoryType(const Context& context, std::uint32_t allowed,
                                            MemoryUse use)
{
    const auto& memory = context.memory();
    for (const VkMemoryPropertyFlags wanted : preferences(use, context.info().isSoftware)) {
        for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
            if ((allowed >> i & 1U) != 0 &&
                (memory.memoryTypes[i].propertyFlags & wanted) == wanted)
                return i;
        }
    }
    return std::nullopt;
}

// Bytes of a view of so many. Mesa's CPU driver takes bits 8 to 15 of a texel buffer's size for its
// number of mip levels: it compiles a shader once more for views where they are 0, and what it
// keeps on disk of the second form is not found at the next start. Such views reach into what lies
// behind, which no shader reads.
std::uint64_t viewedBytes(std::uint64_t bytes, std::uint64_t maxTexels)
{
    const std::uint64_t whole = bytes / kUnitBytes * kUnitBytes;
    const std::uint64_t longer = whole + kSlackBytes;
    return (whole >> 8 & 0xffU) == 0 && longer / kUnitBytes <= maxTexels ? longer : whole;
}

VkFormat formatOf(View view)
{
    return view == View::IntTexels ? VK_FORMAT_R32G32B32A32_SINT : VK_FORMAT_R32G32B32A32_SFLOAT;
}

}  // namespace

Result<std::unique_ptr<Arena>> Arena::create(Context& context, std::uint64_t bytes, MemoryUse use)
{
    // Sizes near 2^64 would be rounded up to 0.
    bytes = std::min(bytes, UINT64_MAX - 255 - kSlackBytes);
    std::unique_ptr<Arena> arena(new Arena(context, alignUp(bytes, 256), use));
    ENGINE_TRY_VOID(arena->allocate());
    return arena;
}

Result<void> Arena::clear()
{
    if (!m_mapped.empty()) {
        std::memset(m_mapped.data(), 0, m_mapped.size());
        return {};
    }
    ENGINE_TRY(auto commands, CommandBuffer::create(m_context));
    ENGINE_TRY_VOID(commands->begin());
    vkCmdFillBuffer(commands->handle(), m_buffer, 0, VK_WHOLE_SIZE, 0);
    return commands->submitAndWait();
}

// What is staged is not of the device's memory, where that is not the host's, and soon gone.
std::uint64_t& Arena::countedBytes() const noexcept
{
    return m_use == MemoryUse::Staging ? m_context.stagedBytes() : m_context.allocatedBytes();
}

Result<void> Arena::allocate()
{
    const std::string what = "hold " + std::to_string(((m_size - 1) >> 20) + 1) + " MiB more";
    const Faults& faults = m_context.faults();
    const std::uint64_t limit =
        m_use == MemoryUse::Staging ? faults.stagingLimit : faults.memoryLimit;
    if (m_size > m_context.limits().maxAllocation || m_size > limit ||
        countedBytes() > limit - m_size)
        return vulkanError(VK_ERROR_OUT_OF_DEVICE_MEMORY, what);

    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = m_size + kSlackBytes;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT |
                 VK_BUFFER_USAGE_STORAGE_TEXEL_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    VkDevice device = m_context.device();
    if (const VkResult result = vkCreateBuffer(device, &info, nullptr, &m_buffer);
        result != VK_SUCCESS)
        return vulkanError(result, what);

    VkMemoryRequirements requirements{};
    vkGetBufferMemoryRequirements(device, m_buffer, &requirements);
    const auto type = findMemoryType(m_context, requirements.memoryTypeBits, m_use);
    if (!type)
        return vulkanError(VK_ERROR_OUT_OF_DEVICE_MEMORY, what);
    VkMemoryAllocateInfo allocation{};
    allocation.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    allocation.allocationSize = requirements.size;
    allocation.memoryTypeIndex = *type;
    if (const VkResult result = vkAllocateMemory(device, &allocation, nullptr, &m_memory);
        result != VK_SUCCESS)
        return vulkanError(result, what);
    countedBytes() += m_size;
    if (const VkResult result = vkBindBufferMemory(device, m_buffer, m_memory, 0);
        result != VK_SUCCESS)
        return vulkanError(result, what);

    const VkMemoryPropertyFlags flags = m_context.memory().memoryTypes[*type].propertyFlags;
    const bool isMappable = (flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) != 0 &&
                            (flags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) != 0 &&
                            !(m_use == MemoryUse::Device && m_context.hidesMemory());
    if (!isMappable)
        return {};
    void* address = nullptr;
    if (const VkResult result = vkMapMemory(device, m_memory, 0, VK_WHOLE_SIZE, 0, &address);
        result != VK_SUCCESS)
        return vulkanError(result, what);
    m_mapped = {static_cast<std::byte*>(address), m_size};
    return {};
}

VkBufferView Arena::texelView(const Tensor& tensor, View view) const
{
    const auto [entry, isNew] =
        m_views.try_emplace({tensor.offset, tensor.bytes, view}, VK_NULL_HANDLE);
    if (!isNew)
        return entry->second;
    VkBufferViewCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO;
    info.buffer = m_buffer;
    info.format = formatOf(view);
    info.offset = tensor.offset;
    info.range = viewedBytes(tensor.bytes, m_context.limits().maxTexels);
    if (vkCreateBufferView(m_context.device(), &info, nullptr, &entry->second) != VK_SUCCESS)
        entry->second = VK_NULL_HANDLE;
    return entry->second;
}

Arena::~Arena()
{
    for (const auto& [key, view] : m_views)
        vkDestroyBufferView(m_context.device(), view, nullptr);
    vkDestroyBuffer(m_context.device(), m_buffer, nullptr);
    if (m_memory != VK_NULL_HANDLE) {
        vkFreeMemory(m_context.device(), m_memory, nullptr);
        countedBytes() -= m_size;
    }
}

std::uint64_t Arena::placedBytes(const Context& context, std::uint64_t bytes) noexcept
{
    return alignUp(alignUp(bytes, kUnitBytes), context.limits().storageBufferAlignment);
}

Tensor Arena::place(std::uint32_t rows, std::uint32_t columns)
{
    const std::uint32_t stride = paddedColumns(columns);
    Tensor tensor = placeBytes(std::uint64_t{rows} * stride * sizeof(float));
    tensor.rows = rows;
    tensor.columns = columns;
    tensor.stride = stride;
    return tensor;
}

Tensor Arena::placeBytes(std::uint64_t bytes)
{
    const std::uint64_t placed = placedBytes(m_context, bytes);
    ENGINE_CHECK(m_used + placed <= m_size);
    Tensor tensor;
    tensor.arena = this;
    tensor.offset = m_used;
    tensor.bytes = alignUp(bytes, kUnitBytes);
    m_used += placed;
    return tensor;
}

}  // namespace engine::gpu
