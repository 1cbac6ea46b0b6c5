#pragma once

#include <cstdint>
#include <vector>

#include <vulkan/vulkan.h>

#include "engine/device.h"
#include "engine/result.h"

namespace engine::gpu {

struct FoundDevice {
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    std::uint32_t queueFamily = 0;
    DeviceInfo info;
};

// The Vulkan loader, with the validation layer if NESTLING_VALIDATION=1 asks for it.
class Instance {
public:
    static Result<Instance> create();

    Instance(Instance&& other) noexcept;
    Instance& operator=(Instance&&) = delete;
    ~Instance();

    // Discrete devices first, then integrated, virtual, and CPU drivers.
    std::vector<FoundDevice> devices() const;

    // Hands the handles to the caller, who calls destroyInstance().
    void release(VkInstance& instance, VkDebugUtilsMessengerEXT& messenger) noexcept;

private:
    Instance() = default;

    VkInstance m_instance = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
};

void destroyInstance(VkInstance instance, VkDebugUtilsMessengerEXT messenger) noexcept;

}  // namespace engine::gpu
