#include "engine/gpu/stopwatch.h"

#include "engine/base/check.h"

namespace engine::gpu {

Result<std::unique_ptr<Stopwatch>> Stopwatch::create(Context& context, std::uint32_t marks)
{
    if (context.limits().nanosecondsPerTick == 0.0)
        return Error{ErrorCode::DeviceUnavailable, "This device has no clock to time kernels by."};
    std::unique_ptr<Stopwatch> stopwatch(new Stopwatch(context, marks));
    VkQueryPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = marks;
    if (const VkResult result =
            vkCreateQueryPool(context.device(), &info, nullptr, &stopwatch->m_pool);
        result != VK_SUCCESS)
        return vulkanError(result, "prepare to time kernels");
    return stopwatch;
}

Stopwatch::~Stopwatch()
{
    vkDestroyQueryPool(m_context.device(), m_pool, nullptr);
}

void Stopwatch::restart(const CommandBuffer& commands)
{
    m_marks = 0;
    vkCmdResetQueryPool(commands.handle(), m_pool, 0, m_most);
    mark(commands);
}

void Stopwatch::mark(const CommandBuffer& commands)
{
    ENGINE_CHECK(m_marks < m_most);
    vkCmdWriteTimestamp(commands.handle(), VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, m_pool, m_marks++);
}

Result<std::vector<double>> Stopwatch::laps() const
{
    std::vector<std::uint64_t> ticks(m_marks);
    const VkResult result = vkGetQueryPoolResults(
        m_context.device(), m_pool, 0, m_marks, ticks.size() * sizeof(std::uint64_t), ticks.data(),
        sizeof(std::uint64_t), VK_QUERY_RESULT_64_BIT);
    if (result != VK_SUCCESS)
        return vulkanError(result, "say how long kernels took");
    std::vector<double> laps;
    for (std::size_t i = 1; i < ticks.size(); ++i)
        laps.push_back(static_cast<double>(ticks[i] - ticks[i - 1]) *
                       m_context.limits().nanosecondsPerTick * 1e-6);
    return laps;
}

}  // namespace engine::gpu
