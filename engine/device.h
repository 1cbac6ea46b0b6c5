#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/result.h"

namespace engine {

namespace gpu {
class Context;
}

namespace kernels {
class Catalogue;
}

struct DeviceInfo {
    std::uint32_t index = 0;  // place in Device::list()
    std::string name;
    std::string driver;      // name and version, as the driver reports them
    std::string apiVersion;  // of Vulkan, "1.3.230"
    std::uint64_t memoryBytes = 0;
    bool isSoftware = false;  // a CPU driver: correct, and slow
    bool isUsable = false;
    std::string whyNot;  // one sentence where isUsable is false
};

// An open GPU. Outlives every Model loaded on it; Model keeps it alive.
class Device {
public:
    // Every Vulkan device of this machine, the fastest kind first. Empty without a driver.
    static std::vector<DeviceInfo> list();

    // Opens the device with that index in list(), or whose name contains `selector` (ignoring
    // case), or the first usable one if it is empty. What its driver compiles is kept in a folder
    // from one start to the next, if one is named. Fails with DeviceUnavailable.
    static Result<std::shared_ptr<Device>> open(const std::string& selector = {},
                                                const std::filesystem::path& cacheFolder = {});

    ~Device();

    const DeviceInfo& info() const noexcept;

    // Bytes of its memory that models and sessions hold now.
    std::uint64_t allocatedBytes() const noexcept;

    // For the engine's own use. Models and encoders share the compiled kernels, which stay with the
    // device.
    gpu::Context& context() const noexcept;
    kernels::Catalogue& catalogue() const noexcept;

private:
    struct State;
    explicit Device(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

}  // namespace engine
