#include "engine/gpu/context.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "engine/gpu/instance.h"

namespace engine::gpu {
namespace {

// One cap for every device keeps each index of a shader, in words and in elements, below 2^31.
constexpr std::uint64_t kMaxWindowBytes = std::uint64_t{1} << 30;

std::optional<std::uint64_t> environmentNumber(const char* name)
{
    const char* text = std::getenv(name);
    if (text == nullptr || *text == '\0')
        return std::nullopt;
    return std::strtoull(text, nullptr, 10);
}

Limits readLimits(VkPhysicalDevice physical)
{
    VkPhysicalDeviceVulkan11Properties vulkan11{};
    vulkan11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &vulkan11;
    vkGetPhysicalDeviceProperties2(physical, &properties);

    const VkPhysicalDeviceLimits& device = properties.properties.limits;
    Limits limits;
    limits.maxStorageBufferRange =
        std::min<std::uint64_t>(device.maxStorageBufferRange, kMaxWindowBytes);
    limits.storageBufferAlignment =
        std::max<std::uint64_t>(device.minStorageBufferOffsetAlignment, 16);
    limits.maxAllocation = std::max<std::uint64_t>(vulkan11.maxMemoryAllocationSize, 1U << 30);
    limits.maxTexels = device.maxTexelBufferElements;
    limits.subgroupSize = std::max(vulkan11.subgroupSize, 4U);
    limits.subgroupsShuffle =
        (vulkan11.subgroupSupportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT) != 0;
    limits.maxWorkgroups = std::min(
        {device.maxComputeWorkGroupCount[0], device.maxComputeWorkGroupCount[1], 1U << 20});
    if (device.timestampComputeAndGraphics == VK_TRUE)
        limits.nanosecondsPerTick = static_cast<double>(device.timestampPeriod);
    return limits;
}

}  // namespace

Error vulkanError(VkResult result, const std::string& what)
{
    switch (result) {
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return {ErrorCode::OutOfMemory, "The device has not enough memory to " + what + "."};
    case VK_ERROR_DEVICE_LOST:
        return {ErrorCode::DeviceLost, "The graphics driver stopped working while trying to " +
                                           what + "; the model must be loaded again."};
    default:
        return {ErrorCode::DeviceUnavailable, "The graphics driver could not " + what +
                                                  " (Vulkan error " + std::to_string(result) +
                                                  ")."};
    }
}

std::vector<DeviceInfo> Context::list()
{
    const auto instance = Instance::get();
    if (!instance)
        return {};
    std::vector<DeviceInfo> devices;
    for (const auto& found : (*instance)->devices())
        devices.push_back(found.info);
    return devices;
}

Result<std::unique_ptr<Context>> Context::create(std::uint32_t index,
                                                 const std::filesystem::path& cacheFolder)
{
    ENGINE_TRY(const Instance* instance, Instance::get());
    const auto devices = instance->devices();
    if (index >= devices.size())
        return Error{ErrorCode::DeviceUnavailable, "There is no Vulkan device with that number."};
    const FoundDevice& found = devices[index];
    if (!found.info.isUsable)
        return Error{ErrorCode::DeviceUnavailable, found.info.whyNot};

    const float priority = 1.0F;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = found.queueFamily;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;

    VkPhysicalDeviceVulkan12Features vulkan12{};
    vulkan12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    vulkan12.timelineSemaphore = VK_TRUE;
    const std::array extensions{VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME};
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.pNext = &vulkan12;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = static_cast<std::uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();

    std::unique_ptr<Context> context(new Context);
    if (const VkResult result = vkCreateDevice(found.physical, &info, nullptr, &context->m_device);
        result != VK_SUCCESS)
        return vulkanError(result, "open " + found.info.name);
    context->m_pipelineCache =
        std::make_unique<PipelineCache>(found.physical, context->m_device, cacheFolder);
    context->m_info = found.info;
    context->m_limits = readLimits(found.physical);
    context->m_queueFamily = found.queueFamily;
    vkGetDeviceQueue(context->m_device, found.queueFamily, 0, &context->m_queue);
    vkGetPhysicalDeviceMemoryProperties(found.physical, &context->m_memory);
    context->m_pushDescriptorSet = reinterpret_cast<PFN_vkCmdPushDescriptorSetKHR>(
        vkGetDeviceProcAddr(context->m_device, "vkCmdPushDescriptorSetKHR"));
    if (const auto limit = environmentNumber("NESTLING_DEVICE_MEMORY_LIMIT"))
        context->m_faults.memoryLimit = *limit;
    return context;
}

Context::~Context()
{
    if (m_device == VK_NULL_HANDLE)
        return;
    vkDeviceWaitIdle(m_device);
    m_pipelineCache.reset();
    vkDestroyDevice(m_device, nullptr);
}

}  // namespace engine::gpu
