#include "engine/gpu/recorder.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/gpu/arena.h"

namespace engine::gpu {

Recorder::Recorder(CommandBuffer& commands, Stopwatch* stopwatch)
    : m_commands(commands)
    , m_stopwatch(stopwatch)
{
    if (m_stopwatch != nullptr)
        m_stopwatch->restart(m_commands);
}

Recorder::Use Recorder::useOf(const Tensor& tensor, Access access)
{
    return {tensor.arena, tensor.offset, tensor.offset + tensor.bytes, access != Access::Read};
}

void Recorder::separate(std::span<const Use> uses)
{
    const bool hasHazard = std::any_of(uses.begin(), uses.end(), [this](const Use& now) {
        return std::any_of(m_sinceBarrier.begin(), m_sinceBarrier.end(), [&now](const Use& before) {
            return before.arena == now.arena && before.begin < now.end && now.begin < before.end &&
                   (before.isWrite || now.isWrite);
        });
    });
    if (hasHazard) {
        VkMemoryBarrier barrier{};
        barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
        barrier.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
        barrier.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
        const VkPipelineStageFlags stages =
            VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
        vkCmdPipelineBarrier(m_commands.handle(), stages, stages, 0, 1, &barrier, 0, nullptr, 0,
                             nullptr);
        m_sinceBarrier.clear();
        ++m_barriers;
    }
    m_sinceBarrier.insert(m_sinceBarrier.end(), uses.begin(), uses.end());
}

void Recorder::dispatch(const Module& module, std::span<const Tensor> tensors,
                        std::span<const std::byte> parameters, const Workgroups& groups)
{
    const SpirvInterface& interface = module.interface();
    const Limits& limits = m_commands.context().limits();
    ENGINE_CHECK(tensors.size() == interface.bindings.size());
    ENGINE_CHECK(parameters.size() == interface.pushConstantBytes);
    ENGINE_CHECK(groups.x > 0 && groups.y > 0 && groups.z > 0);
    ENGINE_CHECK(std::max({groups.x, groups.y, groups.z}) <= limits.maxWorkgroups);

    std::vector<Use> uses;
    std::vector<VkDescriptorBufferInfo> buffers(tensors.size());
    std::vector<VkBufferView> views(tensors.size());
    std::vector<VkWriteDescriptorSet> writes(tensors.size());
    for (std::uint32_t i = 0; i < tensors.size(); ++i) {
        const Tensor& tensor = tensors[i];
        ENGINE_CHECK(tensor.arena != nullptr);
        ENGINE_CHECK(tensor.bytes <= limits.maxStorageBufferRange);
        uses.push_back(useOf(tensor, interface.bindings[i].access));
        buffers[i] = {tensor.arena->buffer(), tensor.offset, tensor.bytes};
        writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
        writes[i].dstBinding = i;
        writes[i].descriptorCount = 1;
        writes[i].descriptorType = descriptorTypeOf(interface.bindings[i].view);
        if (interface.bindings[i].view == View::Storage) {
            writes[i].pBufferInfo = &buffers[i];
        } else {
            views[i] = tensor.arena->texelView(tensor, interface.bindings[i].view);
            writes[i].pTexelBufferView = &views[i];
        }
    }
    separate(uses);

    if (module.pipeline() != m_boundPipeline) {
        vkCmdBindPipeline(m_commands.handle(), VK_PIPELINE_BIND_POINT_COMPUTE, module.pipeline());
        m_boundPipeline = module.pipeline();
    }
    m_commands.context().pushDescriptorSet()(
        m_commands.handle(), VK_PIPELINE_BIND_POINT_COMPUTE, module.layout(), 0,
        static_cast<std::uint32_t>(writes.size()), writes.data());
    if (!parameters.empty())
        vkCmdPushConstants(m_commands.handle(), module.layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0,
                           static_cast<std::uint32_t>(parameters.size()), parameters.data());
    vkCmdDispatch(m_commands.handle(), groups.x, groups.y, groups.z);
    if (m_stopwatch != nullptr)
        m_stopwatch->mark(m_commands);
    ++m_dispatches;
}

void Recorder::copy(const Tensor& from, const Tensor& to, std::uint64_t bytes)
{
    const std::uint64_t source = from.offset + std::uint64_t{from.firstElement} * sizeof(float);
    const std::uint64_t target = to.offset + std::uint64_t{to.firstElement} * sizeof(float);
    ENGINE_CHECK(source + bytes <= from.offset + from.bytes);
    ENGINE_CHECK(target + bytes <= to.offset + to.bytes);
    const std::array uses{Use{from.arena, source, source + bytes, false},
                          Use{to.arena, target, target + bytes, true}};
    separate(uses);
    const VkBufferCopy region{source, target, bytes};
    vkCmdCopyBuffer(m_commands.handle(), from.arena->buffer(), to.arena->buffer(), 1, &region);
}

}  // namespace engine::gpu
