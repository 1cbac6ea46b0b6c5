#include "engine/gpu/module.h"

#include <cstddef>
#include <vector>

#include "engine/base/check.h"

namespace engine::gpu {

Result<std::unique_ptr<Module>> Module::create(Context& context,
                                               std::span<const std::uint32_t> spirv,
                                               std::span<const Constant> constants)
{
    std::unique_ptr<Module> module(new Module(context));
    ENGINE_TRY(module->m_interface, readSpirvInterface(spirv));
    ENGINE_TRY_VOID(module->createLayout());
    ENGINE_TRY_VOID(module->createPipeline(spirv, constants));
    return module;
}

VkDescriptorType descriptorTypeOf(View view) noexcept
{
    switch (view) {
    case View::Storage:
        return VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    case View::StoredTexels:
        return VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER;
    case View::IntTexels:
    case View::FloatTexels:
        break;
    }
    return VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER;
}

Result<void> Module::createLayout()
{
    std::vector<VkDescriptorSetLayoutBinding> bindings(m_interface.bindings.size());
    for (std::uint32_t i = 0; i < bindings.size(); ++i) {
        bindings[i].binding = i;
        bindings[i].descriptorType = descriptorTypeOf(m_interface.bindings[i].view);
        bindings[i].descriptorCount = 1;
        bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    }
    VkDescriptorSetLayoutCreateInfo set{};
    set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set.flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR;
    set.bindingCount = static_cast<std::uint32_t>(bindings.size());
    set.pBindings = bindings.data();
    VkResult result = vkCreateDescriptorSetLayout(m_context.device(), &set, nullptr, &m_setLayout);

    const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, m_interface.pushConstantBytes};
    VkPipelineLayoutCreateInfo layout{};
    layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.setLayoutCount = 1;
    layout.pSetLayouts = &m_setLayout;
    layout.pushConstantRangeCount = push.size > 0 ? 1 : 0;
    layout.pPushConstantRanges = &push;
    if (result == VK_SUCCESS)
        result = vkCreatePipelineLayout(m_context.device(), &layout, nullptr, &m_layout);
    if (result != VK_SUCCESS)
        return vulkanError(result, "prepare a shader");
    return {};
}

Result<void> Module::createPipeline(std::span<const std::uint32_t> spirv,
                                    std::span<const Constant> constants)
{
    VkShaderModuleCreateInfo shader{};
    shader.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    shader.codeSize = spirv.size_bytes();
    shader.pCode = spirv.data();
    VkShaderModule shaderModule = VK_NULL_HANDLE;
    VkResult result = vkCreateShaderModule(m_context.device(), &shader, nullptr, &shaderModule);

    std::vector<VkSpecializationMapEntry> entries;
    for (std::size_t i = 0; i < constants.size(); ++i) {
        const std::size_t offset = i * sizeof(Constant) + offsetof(Constant, value);
        entries.push_back(
            {constants[i].id, static_cast<std::uint32_t>(offset), sizeof(Constant::value)});
    }
    VkSpecializationInfo specialization{};
    specialization.mapEntryCount = static_cast<std::uint32_t>(entries.size());
    specialization.pMapEntries = entries.data();
    specialization.dataSize = constants.size_bytes();
    specialization.pData = constants.data();

    VkComputePipelineCreateInfo pipeline{};
    pipeline.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    pipeline.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    pipeline.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    pipeline.stage.module = shaderModule;
    pipeline.stage.pName = "main";
    pipeline.stage.pSpecializationInfo = &specialization;
    pipeline.layout = m_layout;
    if (result == VK_SUCCESS)
        result = vkCreateComputePipelines(m_context.device(), m_context.pipelineCache(), 1,
                                          &pipeline, nullptr, &m_pipeline);
    vkDestroyShaderModule(m_context.device(), shaderModule, nullptr);
    if (result != VK_SUCCESS)
        return vulkanError(result, "compile a shader");
    return {};
}

Module::~Module()
{
    vkDestroyPipeline(m_context.device(), m_pipeline, nullptr);
    vkDestroyPipelineLayout(m_context.device(), m_layout, nullptr);
    vkDestroyDescriptorSetLayout(m_context.device(), m_setLayout, nullptr);
}

}  // namespace engine::gpu
