#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <vulkan/vulkan.h>

#include "engine/gpu/context.h"
#include "engine/gpu/spirv_interface.h"
#include "engine/result.h"

namespace engine::gpu {

// A specialization constant; id 0 is the workgroup size in every shader.
struct Constant {
    std::uint32_t id;
    std::uint32_t value;
};

// What a tensor is bound as.
VkDescriptorType descriptorTypeOf(View view) noexcept;

// A shader with its constants: a compute pipeline whose storage buffers are pushed as descriptors.
class Module {
public:
    // May run on several threads at once. Constants that the shader does not have are ignored.
    static Result<std::unique_ptr<Module>> create(Context& context,
                                                  std::span<const std::uint32_t> spirv,
                                                  std::span<const Constant> constants);

    ~Module();
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    const SpirvInterface& interface() const noexcept { return m_interface; }
    VkPipeline pipeline() const noexcept { return m_pipeline; }
    VkPipelineLayout layout() const noexcept { return m_layout; }

private:
    explicit Module(Context& context) : m_context(context) {}

    Result<void> createLayout();
    Result<void> createPipeline(std::span<const std::uint32_t> spirv,
                                std::span<const Constant> constants);

    Context& m_context;
    SpirvInterface m_interface;
    VkDescriptorSetLayout m_setLayout = VK_NULL_HANDLE;
    VkPipelineLayout m_layout = VK_NULL_HANDLE;
    VkPipeline m_pipeline = VK_NULL_HANDLE;
};

}  // namespace engine::gpu
