#pragma once

#include <cstdint>
#include <memory>

#include <vulkan/vulkan.h>

#include "engine/gpu/context.h"
#include "engine/result.h"

namespace engine::gpu {

// A list of commands that is recorded once and submitted any number of times, with its own timeline
// to wait on. At most one submission of a buffer is under way; destroying the buffer waits for it.
class CommandBuffer {
public:
    static Result<std::unique_ptr<CommandBuffer>> create(Context& context);

    ~CommandBuffer();
    CommandBuffer(const CommandBuffer&) = delete;
    CommandBuffer& operator=(const CommandBuffer&) = delete;

    // Forgets what was recorded and starts anew. Not while a submission is under way.
    Result<void> begin();

    // Ends the recording if it is open, and submits. Later submissions see what this one writes.
    // Fails with DeviceLost.
    Result<void> submit();

    // Returns when the device is done with what was submitted, if anything was. What shaders wrote
    // to HostRead memory can be read then. Fails with DeviceLost.
    Result<void> wait();

    Result<void> submitAndWait();

    VkCommandBuffer handle() const noexcept { return m_commands; }
    Context& context() const noexcept { return m_context; }

private:
    explicit CommandBuffer(Context& context) : m_context(context) {}

    Result<void> end();

    Context& m_context;
    VkCommandPool m_pool = VK_NULL_HANDLE;
    VkCommandBuffer m_commands = VK_NULL_HANDLE;
    VkSemaphore m_timeline = VK_NULL_HANDLE;
    std::uint64_t m_submissions = 0;
    bool m_isRecording = false;
    bool m_isUnderWay = false;
};

}  // namespace engine::gpu
