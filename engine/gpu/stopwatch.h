#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <vulkan/vulkan.h>

#include "engine/gpu/commands.h"
#include "engine/gpu/context.h"
#include "engine/result.h"

namespace engine::gpu {

// Times what is recorded between marks, by the clock of the device.
class Stopwatch {
public:
    // For recordings with so many marks at most. Fails with DeviceUnavailable where the device has
    // no clock.
    static Result<std::unique_ptr<Stopwatch>> create(Context& context, std::uint32_t marks);

    ~Stopwatch();
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

    // Forgets the marks of earlier recordings; the next is where the first lap begins.
    void restart(const CommandBuffer& commands);

    // A mark is passed when everything recorded before it is done.
    void mark(const CommandBuffer& commands);

    // Milliseconds from each mark to the next, of the latest submission. Waits for nothing: it must
    // be over.
    Result<std::vector<double>> laps() const;

private:
    Stopwatch(Context& context, std::uint32_t most) : m_context(context), m_most(most) {}

    Context& m_context;
    VkQueryPool m_pool = VK_NULL_HANDLE;
    std::uint32_t m_most;
    std::uint32_t m_marks = 0;
};

}  // namespace engine::gpu
