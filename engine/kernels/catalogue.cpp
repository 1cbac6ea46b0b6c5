#include "engine/kernels/catalogue.h"

#include <utility>

#include "engine/base/parallel.h"
#include "shaders/include/reduce_params.h"

namespace engine::kernels {

void Catalogue::expect(Kernel kernel, file::TensorType type,
                       std::span<const std::uint32_t> constants)
{
    Key key{kernel, type, {constants.begin(), constants.end()}};
    if (!m_modules.contains(key))
        m_expected.insert(std::move(key));
}

void Catalogue::makeExpected()
{
    const std::vector<Key> keys(m_expected.begin(), m_expected.end());
    m_expected.clear();
    std::vector<std::unique_ptr<gpu::Module>> modules(keys.size());
    forEachInParallel(keys.size(), [&](std::size_t i) {
        if (auto module = make(keys[i]))
            modules[i] = *std::move(module);
    });
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (modules[i])
            m_modules.emplace(keys[i], std::move(modules[i]));
    }
}

Result<const gpu::Module*> Catalogue::find(Kernel kernel, file::TensorType type,
                                           std::span<const std::uint32_t> constants)
{
    Key key{kernel, type, {constants.begin(), constants.end()}};
    if (const auto found = m_modules.find(key); found != m_modules.end())
        return static_cast<const gpu::Module*>(found->second.get());
    ENGINE_TRY(auto module, make(key));
    return static_cast<const gpu::Module*>(
        m_modules.emplace(std::move(key), std::move(module)).first->second.get());
}

Result<std::unique_ptr<gpu::Module>> Catalogue::make(const Key& key) const
{
    const auto& [kernel, type, values] = key;
    std::vector<gpu::Constant> constants;
    for (const std::uint32_t value : values)
        constants.push_back({static_cast<std::uint32_t>(constants.size()), value});
    // A CPU driver fills subgroups; a GPU's may be smaller than it tells.
    const bool isOneSubgroup = m_context.usesCpuKernels() && !values.empty() &&
                               values.front() <= m_context.limits().subgroupSize;
    constants.push_back({shader::kReduceIsOneSubgroup, isOneSubgroup ? 1U : 0U});
    return gpu::Module::create(m_context, shaderCode(kernel, type), constants);
}

}  // namespace engine::kernels
