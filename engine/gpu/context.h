#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <vulkan/vulkan.h>

#include "engine/device.h"
#include "engine/gpu/pipeline_cache.h"
#include "engine/result.h"

namespace engine::gpu {

// What the engine needs to know of a device's limits; bytes unless said otherwise.
struct Limits {
    std::uint64_t maxStorageBufferRange = 0;
    std::uint64_t storageBufferAlignment = 0;  // of descriptor offsets
    std::uint64_t maxAllocation = 0;           // for one memory object and the buffer on it
    std::uint64_t maxTexels = 0;               // of one texel buffer view
    std::uint32_t subgroupSize = 0;            // lanes; a hint, shaders assume none
    bool subgroupsShuffle = false;             // lanes may read one another's values
    std::uint32_t maxWorkgroups = 0;           // per axis
    double nanosecondsPerTick = 0.0;           // of the device's clock; 0: it has none
};

// Faults that tests put in: a device that refuses memory, a driver that gives up.
struct Faults {
    std::uint64_t memoryLimit = UINT64_MAX;      // of allocatedBytes()
    std::uint64_t stagingLimit = UINT64_MAX;     // of stagedBytes()
    std::uint64_t submissionsLeft = UINT64_MAX;  // then the device is lost
};

// One Vulkan device and its queue. Belongs to one thread at a time. With NESTLING_VALIDATION=1 in
// the environment the validation layer runs with synchronization checks, and its first warning
// aborts the program. NESTLING_DEVICE_MEMORY_LIMIT=bytes makes a device of that size.
class Context {
public:
    static std::vector<DeviceInfo> list();

    // Opens the device with that index in list(). What its driver compiles is kept in a folder if
    // there is one. Fails with DeviceUnavailable.
    static Result<std::unique_ptr<Context>> create(std::uint32_t index,
                                                   const std::filesystem::path& cacheFolder = {});

    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    const DeviceInfo& info() const noexcept { return m_info; }
    const Limits& limits() const noexcept { return m_limits; }
    Faults& faults() noexcept { return m_faults; }

    // Makes it a device that binds no more than `bytes` at once. Before anything is allocated.
    void limitStorageBufferRange(std::uint64_t bytes) noexcept
    {
        m_limits.maxStorageBufferRange = std::min(m_limits.maxStorageBufferRange, bytes);
    }

    // Some kernels have a form for GPUs and one for CPU drivers. A test may ask for the other one.
    bool usesCpuKernels() const noexcept { return m_info.isSoftware && !m_usesGpuKernels; }
    void useGpuKernels() noexcept { m_usesGpuKernels = true; }

    // Makes it a device whose own memory the host does not see, as that of most GPUs is. Before
    // anything is allocated.
    void hideMemory() noexcept { m_hidesMemory = true; }
    bool hidesMemory() const noexcept { return m_hidesMemory; }

    VkDevice device() const noexcept { return m_device; }
    VkPipelineCache pipelineCache() const noexcept { return m_pipelineCache->handle(); }
    VkQueue queue() const noexcept { return m_queue; }
    std::uint32_t queueFamily() const noexcept { return m_queueFamily; }
    const VkPhysicalDeviceMemoryProperties& memory() const noexcept { return m_memory; }
    PFN_vkCmdPushDescriptorSetKHR pushDescriptorSet() const noexcept { return m_pushDescriptorSet; }

    // Bytes held by arenas now, but for what is staged: that is only on its way.
    std::uint64_t& allocatedBytes() noexcept { return m_allocatedBytes; }
    std::uint64_t& stagedBytes() noexcept { return m_stagedBytes; }

private:
    Context() = default;

    DeviceInfo m_info;
    Limits m_limits;
    Faults m_faults;
    bool m_usesGpuKernels = false;
    bool m_hidesMemory = false;
    VkDevice m_device = VK_NULL_HANDLE;
    std::unique_ptr<PipelineCache> m_pipelineCache;
    VkQueue m_queue = VK_NULL_HANDLE;
    std::uint32_t m_queueFamily = 0;
    VkPhysicalDeviceMemoryProperties m_memory{};
    PFN_vkCmdPushDescriptorSetKHR m_pushDescriptorSet = nullptr;
    std::uint64_t m_allocatedBytes = 0;
    std::uint64_t m_stagedBytes = 0;
};

// A Vulkan result as one of ours. `what` is what was being done, as in "allocate 3 MiB".
Error vulkanError(VkResult result, const std::string& what);

}  // namespace engine::gpu
