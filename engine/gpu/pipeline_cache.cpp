#include "engine/gpu/pipeline_cache.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <boost/crc.hpp>
#include <unistd.h>

namespace engine::gpu {
namespace {

// What a file begins with. Vulkan has drivers refuse what is not theirs, but not survive what is
// damaged: that is seen here. Numbers are in this machine's byte order, as the driver's own are.
struct Header {
    std::array<char, 8> magic{'N', 'E', 'S', 'T', 'P', 'I', 'P', '1'};
    PipelineCacheKey key;
    std::uint32_t checksum = 0;
    std::uint64_t bytes = 0;  // that follow
};
static_assert(std::has_unique_object_representations_v<Header>);

// More than any driver makes of our shaders.
constexpr std::uint64_t kMaxBytes = std::uint64_t{256} << 20;

std::uint32_t checksum(std::span<const std::byte> bytes)
{
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

bool write(const std::filesystem::path& file, const Header& header,
           std::span<const std::byte> pipelines)
{
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(reinterpret_cast<const char*>(&header), sizeof header);
    stream.write(reinterpret_cast<const char*>(pipelines.data()),
                 static_cast<std::streamsize>(pipelines.size()));
    stream.close();
    return !stream.fail();
}

}  // namespace

PipelineCacheKey pipelineCacheKey(VkPhysicalDevice device)
{
    VkPhysicalDeviceIDProperties ids{};
    ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
    VkPhysicalDeviceProperties2 properties{};
    properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    properties.pNext = &ids;
    vkGetPhysicalDeviceProperties2(device, &properties);

    PipelineCacheKey key;
    std::memcpy(key.device.data(), ids.deviceUUID, VK_UUID_SIZE);
    std::memcpy(key.driver.data(), ids.driverUUID, VK_UUID_SIZE);
    std::memcpy(key.format.data(), properties.properties.pipelineCacheUUID, VK_UUID_SIZE);
    key.driverVersion = properties.properties.driverVersion;
    return key;
}

std::filesystem::path pipelineCacheFile(const std::filesystem::path& folder,
                                        const PipelineCacheKey& key)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string name;
    for (const std::uint8_t byte : key.device) {
        name += kDigits[byte >> 4U];
        name += kDigits[byte & 15U];
    }
    return folder / (name + ".pipelines");
}

std::vector<std::byte> readPipelineCache(const std::filesystem::path& file,
                                         const PipelineCacheKey& key)
{
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file, error);
    if (error || size < sizeof(Header))
        return {};
    std::ifstream stream(file, std::ios::binary);
    Header header;
    stream.read(reinterpret_cast<char*>(&header), sizeof header);
    if (!stream || header.magic != Header().magic || header.key != key ||
        header.bytes != size - sizeof(Header) || header.bytes > kMaxBytes)
        return {};
    std::vector<std::byte> pipelines(header.bytes);
    stream.read(reinterpret_cast<char*>(pipelines.data()),
                static_cast<std::streamsize>(pipelines.size()));
    if (!stream || header.checksum != checksum(pipelines))
        return {};
    return pipelines;
}

bool writePipelineCache(const std::filesystem::path& file, const PipelineCacheKey& key,
                        std::span<const std::byte> pipelines)
{
    std::error_code error;
    if (pipelines.size() > kMaxBytes) {
        std::filesystem::remove(file, error);
        return false;
    }
    std::filesystem::create_directories(file.parent_path(), error);
    std::string partial = file.string() + ".XXXXXX";
    const int descriptor = ::mkstemp(partial.data());
    if (descriptor < 0)
        return false;
    ::close(descriptor);
    Header header;
    header.key = key;
    header.checksum = checksum(pipelines);
    header.bytes = pipelines.size();
    if (write(partial, header, pipelines)) {
        std::filesystem::rename(partial, file, error);
        if (!error)
            return true;
    }
    std::filesystem::remove(partial, error);
    return false;
}

PipelineCache::PipelineCache(VkPhysicalDevice physical, VkDevice device,
                             const std::filesystem::path& folder)
    : m_device(device)
    , m_key(pipelineCacheKey(physical))
{
    std::vector<std::byte> known;
    if (!folder.empty()) {
        m_file = pipelineCacheFile(folder, m_key);
        known = readPipelineCache(m_file, m_key);
    }
    VkPipelineCacheCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
    info.initialDataSize = known.size();
    info.pInitialData = known.data();
    if (vkCreatePipelineCache(m_device, &info, nullptr, &m_cache) == VK_SUCCESS)
        return;
    info.initialDataSize = 0;
    info.pInitialData = nullptr;
    if (vkCreatePipelineCache(m_device, &info, nullptr, &m_cache) != VK_SUCCESS)
        m_cache = VK_NULL_HANDLE;
}

PipelineCache::~PipelineCache()
{
    if (m_cache == VK_NULL_HANDLE)
        return;
    if (!m_file.empty()) {
        const auto now = driverData();
        if (!now.empty() && now != readPipelineCache(m_file, m_key))
            writePipelineCache(m_file, m_key, now);
    }
    vkDestroyPipelineCache(m_device, m_cache, nullptr);
}

std::vector<std::byte> PipelineCache::driverData() const
{
    std::size_t size = 0;
    if (vkGetPipelineCacheData(m_device, m_cache, &size, nullptr) != VK_SUCCESS)
        return {};
    std::vector<std::byte> data(size);
    if (vkGetPipelineCacheData(m_device, m_cache, &size, data.data()) != VK_SUCCESS)
        return {};
    data.resize(size);
    return data;
}

}  // namespace engine::gpu
