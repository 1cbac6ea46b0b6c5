#include "engine/device.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "engine/gpu/context.h"
#include "engine/kernels/catalogue.h"

namespace engine {

struct Device::State {
    explicit State(std::unique_ptr<gpu::Context> opened)
        : context(std::move(opened))
        , catalogue(*context)
    {
    }

    std::unique_ptr<gpu::Context> context;
    kernels::Catalogue catalogue;
};

namespace {

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// The place in `devices` that the selector means, or why none.
Result<std::uint32_t> choose(const std::vector<DeviceInfo>& devices, const std::string& selector)
{
    if (devices.empty())
        return Error{ErrorCode::DeviceUnavailable,
                     "No Vulkan device was found; install a Vulkan driver (on Debian: "
                     "mesa-vulkan-drivers)."};
    if (selector.empty()) {
        const auto usable = std::find_if(devices.begin(), devices.end(),
                                         [](const DeviceInfo& info) { return info.isUsable; });
        if (usable == devices.end())
            return Error{ErrorCode::DeviceUnavailable, devices.front().whyNot};
        return usable->index;
    }
    std::uint32_t number = 0;
    const char* end = selector.data() + selector.size();
    if (const auto parsed = std::from_chars(selector.data(), end, number);
        parsed.ec == std::errc{} && parsed.ptr == end) {
        if (number < devices.size())
            return number;
        return Error{ErrorCode::DeviceUnavailable, "There is no device number " + selector +
                                                       "; the last one is " +
                                                       std::to_string(devices.size() - 1) + "."};
    }
    const auto named =
        std::find_if(devices.begin(), devices.end(), [&selector](const DeviceInfo& info) {
            return lowered(info.name).find(lowered(selector)) != std::string::npos;
        });
    if (named == devices.end())
        return Error{ErrorCode::DeviceUnavailable, "No device's name contains '" + selector + "'."};
    return named->index;
}

}  // namespace

std::vector<DeviceInfo> Device::list()
{
    return gpu::Context::list();
}

Result<std::shared_ptr<Device>> Device::open(const std::string& selector,
                                             const std::filesystem::path& cacheFolder)
{
    ENGINE_TRY(const std::uint32_t index, choose(list(), selector));
    ENGINE_TRY(auto context, gpu::Context::create(index, cacheFolder));
    return std::shared_ptr<Device>(new Device(std::make_unique<State>(std::move(context))));
}

Device::Device(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Device::~Device() = default;

const DeviceInfo& Device::info() const noexcept
{
    return m_state->context->info();
}

std::uint64_t Device::allocatedBytes() const noexcept
{
    return m_state->context->allocatedBytes();
}

gpu::Context& Device::context() const noexcept
{
    return *m_state->context;
}

kernels::Catalogue& Device::catalogue() const noexcept
{
    return m_state->catalogue;
}

}  // namespace engine
