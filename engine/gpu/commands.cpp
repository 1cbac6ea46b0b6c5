#include "engine/gpu/commands.h"

#include "engine/base/check.h"

namespace engine::gpu {

Result<std::unique_ptr<CommandBuffer>> CommandBuffer::create(Context& context)
{
    std::unique_ptr<CommandBuffer> commands(new CommandBuffer(context));
    VkDevice device = context.device();

    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.queueFamilyIndex = context.queueFamily();
    VkSemaphoreTypeCreateInfo timeline{};
    timeline.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
    timeline.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
    VkSemaphoreCreateInfo semaphore{};
    semaphore.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
    semaphore.pNext = &timeline;

    VkResult result = vkCreateCommandPool(device, &pool, nullptr, &commands->m_pool);
    if (result == VK_SUCCESS)
        result = vkCreateSemaphore(device, &semaphore, nullptr, &commands->m_timeline);
    if (result == VK_SUCCESS) {
        VkCommandBufferAllocateInfo allocation{};
        allocation.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
        allocation.commandPool = commands->m_pool;
        allocation.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
        allocation.commandBufferCount = 1;
        result = vkAllocateCommandBuffers(device, &allocation, &commands->m_commands);
    }
    if (result != VK_SUCCESS)
        return vulkanError(result, "prepare commands");
    return commands;
}

CommandBuffer::~CommandBuffer()
{
    // A lost device has stopped too.
    static_cast<void>(wait());
    vkDestroySemaphore(m_context.device(), m_timeline, nullptr);
    vkDestroyCommandPool(m_context.device(), m_pool, nullptr);
}

Result<void> CommandBuffer::begin()
{
    ENGINE_CHECK(!m_isUnderWay);
    VkResult result = vkResetCommandPool(m_context.device(), m_pool, 0);
    VkCommandBufferBeginInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    if (result == VK_SUCCESS)
        result = vkBeginCommandBuffer(m_commands, &info);
    if (result != VK_SUCCESS)
        return vulkanError(result, "record commands");
    m_isRecording = true;
    return {};
}

Result<void> CommandBuffer::end()
{
    m_isRecording = false;
    VkMemoryBarrier after{};
    after.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    after.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
    after.dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_SHADER_READ_BIT |
                          VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                          VK_ACCESS_TRANSFER_WRITE_BIT;
    const VkPipelineStageFlags device =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    vkCmdPipelineBarrier(m_commands, device, device | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &after, 0,
                         nullptr, 0, nullptr);
    if (const VkResult result = vkEndCommandBuffer(m_commands); result != VK_SUCCESS)
        return vulkanError(result, "record commands");
    return {};
}

Result<void> CommandBuffer::submit()
{
    ENGINE_CHECK(!m_isUnderWay);
    if (m_isRecording)
        ENGINE_TRY_VOID(end());
    if (m_context.faults().submissionsLeft == 0)
        return vulkanError(VK_ERROR_DEVICE_LOST, "compute");
    --m_context.faults().submissionsLeft;

    const std::uint64_t signal = m_submissions + 1;
    VkTimelineSemaphoreSubmitInfo timeline{};
    timeline.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
    timeline.signalSemaphoreValueCount = 1;
    timeline.pSignalSemaphoreValues = &signal;
    VkSubmitInfo submit{};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.pNext = &timeline;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &m_commands;
    submit.signalSemaphoreCount = 1;
    submit.pSignalSemaphores = &m_timeline;
    if (const VkResult result = vkQueueSubmit(m_context.queue(), 1, &submit, VK_NULL_HANDLE);
        result != VK_SUCCESS)
        return vulkanError(result, "compute");
    m_submissions = signal;
    m_isUnderWay = true;
    return {};
}

Result<void> CommandBuffer::wait()
{
    if (!m_isUnderWay)
        return {};
    m_isUnderWay = false;
    VkSemaphoreWaitInfo wait{};
    wait.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
    wait.semaphoreCount = 1;
    wait.pSemaphores = &m_timeline;
    wait.pValues = &m_submissions;
    if (const VkResult result = vkWaitSemaphores(m_context.device(), &wait, UINT64_MAX);
        result != VK_SUCCESS)
        return vulkanError(result, "compute");
    return {};
}

Result<void> CommandBuffer::submitAndWait()
{
    ENGINE_TRY_VOID(submit());
    return wait();
}

}  // namespace engine::gpu
