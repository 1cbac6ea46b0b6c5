#include "engine/gpu/instance.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/gpu/context.h"

namespace engine::gpu {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

bool wantsValidation()
{
    const char* value = std::getenv("NESTLING_VALIDATION");
    return value != nullptr && std::strcmp(value, "1") == 0;
}

// Validation is for tests, where a finding must not go unnoticed.
VKAPI_ATTR VkBool32 VKAPI_CALL reportAndAbort(VkDebugUtilsMessageSeverityFlagBitsEXT /*severity*/,
                                              VkDebugUtilsMessageTypeFlagsEXT /*types*/,
                                              const VkDebugUtilsMessengerCallbackDataEXT* data,
                                              void* /*user*/)
{
    std::fprintf(stderr, "Vulkan validation: %s\n", data->pMessage);
    std::abort();
}

std::string versionText(std::uint32_t version)
{
    return std::to_string(VK_API_VERSION_MAJOR(version)) + "." +
           std::to_string(VK_API_VERSION_MINOR(version)) + "." +
           std::to_string(VK_API_VERSION_PATCH(version));
}

std::optional<std::uint32_t> computeQueueFamily(VkPhysicalDevice physical)
{
    std::uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    for (std::uint32_t i = 0; i < count; ++i) {
        if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0)
            return i;
    }
    return std::nullopt;
}

bool hasPushDescriptors(VkPhysicalDevice physical)
{
    std::uint32_t count = 0;
    vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, nullptr);
    std::vector<VkExtensionProperties> extensions(count);
    vkEnumerateDeviceExtensionProperties(physical, nullptr, &count, extensions.data());
    return std::any_of(extensions.begin(), extensions.end(), [](const auto& extension) {
        return std::string_view(extension.extensionName) == VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME;
    });
}

// Why the engine cannot use the device; empty if it can.
std::string findObstacle(VkPhysicalDevice physical, const VkPhysicalDeviceProperties& properties)
{
    const std::string name = properties.deviceName;
    if (properties.apiVersion < VK_API_VERSION_1_2)
        return name + " offers Vulkan " + versionText(properties.apiVersion) +
               ", and 1.2 is needed; a newer graphics driver may help.";

    VkPhysicalDeviceVulkan12Features vulkan12{};
    vulkan12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
    VkPhysicalDeviceFeatures2 features{};
    features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
    features.pNext = &vulkan12;
    vkGetPhysicalDeviceFeatures2(physical, &features);
    VkPhysicalDeviceSubgroupProperties subgroup{};
    subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
    VkPhysicalDeviceProperties2 properties2{};
    properties2.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties2.pNext = &subgroup;
    vkGetPhysicalDeviceProperties2(physical, &properties2);

    if (!computeQueueFamily(physical))
        return name + " has no compute queue.";
    if (vulkan12.timelineSemaphore == VK_FALSE)
        return name + " has no timeline semaphores.";
    if ((subgroup.supportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) == 0 ||
        (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) == 0)
        return name + " has no subgroup arithmetic in compute shaders.";
    if (!hasPushDescriptors(physical))
        return name + " has no push descriptors.";
    return {};
}

FoundDevice describe(VkPhysicalDevice physical)
{
    VkPhysicalDeviceProperties properties{};
    vkGetPhysicalDeviceProperties(physical, &properties);
    VkPhysicalDeviceMemoryProperties memory{};
    vkGetPhysicalDeviceMemoryProperties(physical, &memory);

    FoundDevice found;
    found.physical = physical;
    found.queueFamily = computeQueueFamily(physical).value_or(0);
    found.info.name = properties.deviceName;
    found.info.apiVersion = versionText(properties.apiVersion);
    found.info.driver = versionText(properties.driverVersion);
    if (properties.apiVersion >= VK_API_VERSION_1_2) {
        VkPhysicalDeviceDriverProperties driver{};
        driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
        VkPhysicalDeviceProperties2 properties2{};
        properties2.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
        properties2.pNext = &driver;
        vkGetPhysicalDeviceProperties2(physical, &properties2);
        found.info.driver = std::string(driver.driverName) + " " + driver.driverInfo;
    }
    for (std::uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
        if ((memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0)
            found.info.memoryBytes += memory.memoryHeaps[i].size;
    }
    found.info.isSoftware = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    found.info.whyNot = findObstacle(physical, properties);
    found.info.isUsable = found.info.whyNot.empty();
    return found;
}

int preference(VkPhysicalDevice physical)
{
    VkPhysicalDeviceProperties properties{};
    vkGetPhysicalDeviceProperties(physical, &properties);
    switch (properties.deviceType) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 0;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 1;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 2;
    default:
        return 3;
    }
}

}  // namespace

Result<const Instance*> Instance::get()
{
    static std::mutex mutex;
    static const Instance* instance = nullptr;
    const std::scoped_lock lock(mutex);
    if (instance == nullptr) {
        ENGINE_TRY(auto created, create());
        instance = created.release();
    }
    return instance;
}

Result<std::unique_ptr<const Instance>> Instance::create()
{
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "Nestling";
    application.apiVersion = VK_API_VERSION_1_2;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;

    const VkValidationFeatureEnableEXT synchronization =
        VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    VkValidationFeaturesEXT features{};
    features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &synchronization;
    const char* extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    if (wantsValidation()) {
        info.pNext = &features;
        info.enabledLayerCount = 1;
        info.ppEnabledLayerNames = &kValidationLayer;
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = &extension;
    }

    std::unique_ptr<Instance> instance(new Instance);
    if (const VkResult result = vkCreateInstance(&info, nullptr, &instance->m_instance);
        result != VK_SUCCESS) {
        return Error{ErrorCode::DeviceUnavailable,
                     "No Vulkan driver could be started; install one (on Debian: "
                     "mesa-vulkan-drivers)."};
    }
    if (wantsValidation()) {
        VkDebugUtilsMessengerCreateInfoEXT messenger{};
        messenger.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
        messenger.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                                    VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
        messenger.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT;
        messenger.pfnUserCallback = reportAndAbort;
        const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
            vkGetInstanceProcAddr(instance->m_instance, "vkCreateDebugUtilsMessengerEXT"));
        if (create == nullptr ||
            create(instance->m_instance, &messenger, nullptr, &instance->m_messenger) != VK_SUCCESS)
            return Error{ErrorCode::DeviceUnavailable, "Vulkan validation could not be started."};
    }
    return std::unique_ptr<const Instance>(std::move(instance));
}

Instance::~Instance()
{
    if (m_instance == VK_NULL_HANDLE)
        return;
    if (m_messenger != VK_NULL_HANDLE) {
        const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
            vkGetInstanceProcAddr(m_instance, "vkDestroyDebugUtilsMessengerEXT"));
        destroy(m_instance, m_messenger, nullptr);
    }
    vkDestroyInstance(m_instance, nullptr);
}

std::vector<FoundDevice> Instance::devices() const
{
    std::uint32_t count = 0;
    vkEnumeratePhysicalDevices(m_instance, &count, nullptr);
    std::vector<VkPhysicalDevice> physicals(count);
    vkEnumeratePhysicalDevices(m_instance, &count, physicals.data());
    std::stable_sort(physicals.begin(), physicals.end(),
                     [](auto a, auto b) { return preference(a) < preference(b); });

    std::vector<FoundDevice> devices;
    for (VkPhysicalDevice physical : physicals) {
        devices.push_back(describe(physical));
        devices.back().info.index = static_cast<std::uint32_t>(devices.size() - 1);
    }
    return devices;
}

}  // namespace engine::gpu
