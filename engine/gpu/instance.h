#pragma once

#include <cstdint>
#include <memory>
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
    // That of this process, made when it is first asked for. It is never destroyed: drivers are
    // loaded with it, some can be loaded no more than a few dozen times, and when a program
    // destroys its static objects some have ended before.
    static Result<const Instance*> get();

    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    // Discrete devices first, then integrated, virtual, and CPU drivers.
    std::vector<FoundDevice> devices() const;

private:
    Instance() = default;

    static Result<std::unique_ptr<const Instance>> create();

    VkInstance m_instance = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
};

}  // namespace engine::gpu
