#include "engine/kernels/pass.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace engine::kernels {
namespace {

WorkgroupSizes workgroupSizes(const gpu::Context& context)
{
    const std::uint32_t subgroup = context.limits().subgroupSize;
    if (context.usesCpuKernels())
        return {subgroup,
                subgroup,
                subgroup,
                subgroup,
                subgroup,
                4 * subgroup,
                std::max(std::thread::hardware_concurrency(), 1U)};
    return {std::clamp(subgroup, 32U, 64U), 128, 256, 64, 128, 256, 64};
}

}  // namespace

Pass::Pass(gpu::CommandBuffer& commands, Catalogue& catalogue, gpu::Stopwatch* stopwatch)
    : m_catalogue(catalogue)
    , m_recorder(std::in_place, commands, stopwatch)
    , m_sizes(workgroupSizes(catalogue.context()))
{
}

Pass::Pass(Catalogue& catalogue)
    : m_catalogue(catalogue)
    , m_sizes(workgroupSizes(catalogue.context()))
{
}

void Pass::dispatchBytes(Kernel kernel, file::TensorType type,
                         std::span<const std::uint32_t> constants,
                         std::span<const std::byte> parameters,
                         std::span<const gpu::Tensor> tensors, const gpu::Workgroups& groups)
{
    if (!m_recorder)
        return m_catalogue.expect(kernel, type, constants);
    if (m_error)
        return;
    const auto module = m_catalogue.find(kernel, type, constants);
    if (!module) {
        m_error = module.error();
        return;
    }
    m_recorder->dispatch(**module, tensors, parameters, groups);
    m_dispatched.push_back({kernel, type});
}

void Pass::countWeights(std::uint64_t bytes) noexcept
{
    m_costs.weightBytes += bytes;
    if (!m_dispatched.empty())
        m_dispatched.back().weightBytes += bytes;
}

void Pass::copy(const gpu::Tensor& from, const gpu::Tensor& to, std::uint64_t bytes)
{
    if (!m_error && m_recorder)
        m_recorder->copy(from, to, bytes);
}

Result<PassCosts> Pass::finish()
{
    if (m_error)
        return std::move(*m_error);
    m_costs.dispatches = m_recorder ? m_recorder->dispatches() : 0;
    return m_costs;
}

void makeKernels(Catalogue& catalogue, const std::function<void(Pass&)>& record)
{
    Pass pass(catalogue);
    record(pass);
    catalogue.makeExpected();
}

}  // namespace engine::kernels
