#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/gpu/commands.h"
#include "engine/gpu/module.h"
#include "engine/gpu/stopwatch.h"
#include "engine/gpu/tensor.h"

namespace engine::gpu {

struct Workgroups {
    std::uint32_t x = 1;
    std::uint32_t y = 1;
    std::uint32_t z = 1;
};

// Writes dispatches and copies into a command buffer, and between two of them a barrier only where
// the second reads or writes what the first wrote, or writes what it read. What a shader reads and
// writes is known from its SPIR-V. A stopwatch, if there is one, is restarted, and marked after
// each dispatch.
class Recorder {
public:
    explicit Recorder(CommandBuffer& commands, Stopwatch* stopwatch = nullptr);

    // `tensors` are bound in order; `parameters` is the whole push constant block.
    void dispatch(const Module& module, std::span<const Tensor> tensors,
                  std::span<const std::byte> parameters, const Workgroups& groups);

    // Copies `bytes` from the first element of one tensor to another's.
    void copy(const Tensor& from, const Tensor& to, std::uint64_t bytes);

    std::uint32_t dispatches() const noexcept { return m_dispatches; }
    std::uint32_t barriers() const noexcept { return m_barriers; }

private:
    struct Use {
        const Arena* arena;
        std::uint64_t begin;
        std::uint64_t end;
        bool isWrite;
    };

    static Use useOf(const Tensor& tensor, Access access);
    void separate(std::span<const Use> uses);

    CommandBuffer& m_commands;
    Stopwatch* m_stopwatch;
    std::vector<Use> m_sinceBarrier;
    VkPipeline m_boundPipeline = VK_NULL_HANDLE;
    std::uint32_t m_dispatches = 0;
    std::uint32_t m_barriers = 0;
};

}  // namespace engine::gpu
