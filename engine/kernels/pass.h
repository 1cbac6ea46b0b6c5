#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "engine/gpu/recorder.h"
#include "engine/gpu/stopwatch.h"
#include "engine/gpu/tensor.h"
#include "engine/kernels/catalogue.h"
#include "engine/result.h"

namespace engine::kernels {

// What one submission of a pass costs; exact, counted while it is recorded.
struct PassCosts {
    std::uint64_t dispatches = 0;
    std::uint64_t weightBytes = 0;
    std::uint64_t flops = 0;  // of matrix products
};

// What was dispatched, and what it costs.
struct Dispatched {
    Kernel kernel;
    file::TensorType type;  // of its weights, where it has a form for each
    std::uint64_t weightBytes = 0;
};

// Lanes of a workgroup, by what it works on. A CPU driver runs a workgroup of one subgroup without
// barriers; a GPU wants enough lanes to hide the latency of its memory.
struct WorkgroupSizes {
    std::uint32_t linear = 0;     // columns of a matrix
    std::uint32_t meeting = 0;    // the same, where the last workgroup goes on with a row
    std::uint32_t row = 0;        // a row of the hidden size
    std::uint32_t head = 0;       // one head
    std::uint32_t attention = 0;  // keys at a time
    std::uint32_t sample = 0;     // candidates
    std::uint32_t busy = 0;  // workgroups that keep a device busy; what little work is cut into
};

// One recording in progress: what the kernel functions dispatch on. Recording cannot fail for the
// caller; a shader that the driver refuses is kept and returned by finish().
class Pass {
public:
    // A stopwatch, if there is one, times each dispatch.
    Pass(gpu::CommandBuffer& commands, Catalogue& catalogue, gpu::Stopwatch* stopwatch = nullptr);

    // Records nothing, but has the catalogue expect what it would find: see makeKernels().
    explicit Pass(Catalogue& catalogue);

    template <typename Parameters>
    void dispatch(Kernel kernel, file::TensorType type,
                  std::initializer_list<std::uint32_t> constants, const Parameters& parameters,
                  std::initializer_list<gpu::Tensor> tensors, const gpu::Workgroups& groups)
    {
        dispatchBytes(kernel, type, {constants.begin(), constants.size()},
                      std::as_bytes(std::span(&parameters, 1)), {tensors.begin(), tensors.size()},
                      groups);
    }

    void copy(const gpu::Tensor& from, const gpu::Tensor& to, std::uint64_t bytes);

    // Of what was dispatched last.
    void countWeights(std::uint64_t bytes) noexcept;
    void countFlops(std::uint64_t flops) noexcept { m_costs.flops += flops; }

    const WorkgroupSizes& sizes() const noexcept { return m_sizes; }
    const gpu::Limits& limits() const noexcept { return m_catalogue.context().limits(); }
    bool usesCpuKernels() const noexcept { return m_catalogue.context().usesCpuKernels(); }

    const std::vector<Dispatched>& dispatched() const noexcept { return m_dispatched; }

    // The costs of what was recorded, or why it could not be.
    Result<PassCosts> finish();

private:
    void dispatchBytes(Kernel kernel, file::TensorType type,
                       std::span<const std::uint32_t> constants,
                       std::span<const std::byte> parameters, std::span<const gpu::Tensor> tensors,
                       const gpu::Workgroups& groups);

    Catalogue& m_catalogue;
    std::optional<gpu::Recorder> m_recorder;
    WorkgroupSizes m_sizes;
    PassCosts m_costs;
    std::vector<Dispatched> m_dispatched;
    std::optional<Error> m_error;
};

// Makes the kernels that `record` dispatches on all processors at once, rather than one by one
// while they are recorded. `record` must leave no trace, as it is called again for that; a kernel
// that the driver refuses is an error then.
void makeKernels(Catalogue& catalogue, const std::function<void(Pass&)>& record);

}  // namespace engine::kernels
