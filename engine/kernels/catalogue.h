#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "engine/gpu/context.h"
#include "engine/gpu/module.h"
#include "engine/kernels/shader_code.h"
#include "engine/result.h"

namespace engine::kernels {

// The compiled kernels of one device, each made when it is first asked for.
class Catalogue {
public:
    explicit Catalogue(gpu::Context& context) : m_context(context) {}

    gpu::Context& context() const noexcept { return m_context; }

    Result<const gpu::Module*> find(Kernel kernel, file::TensorType type,
                                    std::span<const std::uint32_t> constants);

private:
    using Key = std::tuple<Kernel, file::TensorType, std::vector<std::uint32_t>>;

    gpu::Context& m_context;
    std::map<Key, std::unique_ptr<gpu::Module>> m_modules;
};

}  // namespace engine::kernels
