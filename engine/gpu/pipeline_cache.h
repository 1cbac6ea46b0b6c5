#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <vulkan/vulkan.h>

namespace engine::gpu {

// Whose pipelines they are: another device or another version of its driver cannot read them.
struct PipelineCacheKey {
    std::array<std::uint8_t, VK_UUID_SIZE> device{};
    std::array<std::uint8_t, VK_UUID_SIZE> driver{};
    std::array<std::uint8_t, VK_UUID_SIZE> format{};  // of the cache, as the driver names it
    std::uint32_t driverVersion = 0;

    bool operator==(const PipelineCacheKey&) const = default;
};

PipelineCacheKey pipelineCacheKey(VkPhysicalDevice device);

// Where the pipelines of a device lie in a folder: one file for each device, so that a new driver
// takes the place of the old one.
std::filesystem::path pipelineCacheFile(const std::filesystem::path& folder,
                                        const PipelineCacheKey& key);

// What was written for that key; empty where there is nothing, or not that, or it is damaged.
std::vector<std::byte> readPipelineCache(const std::filesystem::path& file,
                                         const PipelineCacheKey& key);

// Makes the folder if need be. The file is whole or as it was before, whoever else writes it. More
// than is read again, which only old shaders can add up to, removes it. Returns whether it was
// written; nothing depends on it.
bool writePipelineCache(const std::filesystem::path& file, const PipelineCacheKey& key,
                        std::span<const std::byte> pipelines);

// What the driver has compiled, kept from one start to the next. Nothing about it is an error: what
// cannot be read is compiled again.
class PipelineCache {
public:
    // Without a folder it lasts as long as the device.
    PipelineCache(VkPhysicalDevice physical, VkDevice device, const std::filesystem::path& folder);

    // Writes what the driver has, unless the file says the same. Before the device is destroyed.
    ~PipelineCache();
    PipelineCache(const PipelineCache&) = delete;
    PipelineCache& operator=(const PipelineCache&) = delete;

    // Several threads may create pipelines with it at once. The null handle, which is as good,
    // where the driver has no memory for one.
    VkPipelineCache handle() const noexcept { return m_cache; }

private:
    std::vector<std::byte> driverData() const;

    VkDevice m_device;
    PipelineCacheKey m_key;
    std::filesystem::path m_file;  // empty: none
    VkPipelineCache m_cache = VK_NULL_HANDLE;
};

}  // namespace engine::gpu
