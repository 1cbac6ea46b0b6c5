#pragma once

#include <cstdint>
#include <memory>

#include <vulkan/vulkan.h>

#include "engine/gpu/context.h"
#include "engine/result.h"

namespace engine::gpu {

// A list of commands that is recorded once and submitted any number of times, with its own timeline
// to wait on. Submitting waits: at most one submission of a buffer is under way.
class CommandBuffer {
public:
    static Result<std::unique_ptr<CommandBuffer>> create(Context& context);

    ~CommandBuffer();
    CommandBuffer(const CommandBuffer&) = delete;
    CommandBuffer& operator=(const CommandBuffer&) = delete;

    // Forgets what was recorded and starts anew.
    Result<void> begin();

    // Ends the recording if it is open, submits, and returns when the device is done. What shaders
    // wrote to HostRead memory can be read then. Fails with DeviceLost.
    Result<void> submitAndWait();

    VkCommandBuffer handle() const noexcept { return m_commands; }
    Context& context() const noexcept { return m_context; }

private:
    explicit CommandBuffer(Context& context) : m_context(context) {}

    Context& m_context;
    VkCommandPool m_pool = VK_NULL_HANDLE;
    VkCommandBuffer m_commands = VK_NULL_HANDLE;
    VkSemaphore m_timeline = VK_NULL_HANDLE;
    std::uint64_t m_submissions = 0;
    bool m_isRecording = false;
};

}  // namespace engine::gpu
