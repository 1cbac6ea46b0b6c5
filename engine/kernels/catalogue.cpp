#include "engine/kernels/catalogue.h"

#include <utility>

namespace engine::kernels {

Result<const gpu::Module*> Catalogue::find(Kernel kernel, file::TensorType type,
                                           std::span<const std::uint32_t> constants)
{
    Key key{kernel, type, {constants.begin(), constants.end()}};
    if (const auto found = m_modules.find(key); found != m_modules.end())
        return static_cast<const gpu::Module*>(found->second.get());
    ENGINE_TRY(auto module, gpu::Module::create(m_context, shaderCode(kernel, type), constants));
    return static_cast<const gpu::Module*>(
        m_modules.emplace(std::move(key), std::move(module)).first->second.get());
}

}  // namespace engine::kernels
