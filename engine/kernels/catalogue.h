#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "engine/gpu/context.h"
#include "engine/gpu/module.h"
#include "engine/kernels/shader_code.h"
#include "engine/result.h"

namespace engine::kernels {

// The compiled kernels of one device, each made when it is first asked for, or all at once before.
class Catalogue {
public:
    explicit Catalogue(gpu::Context& context) : m_context(context) {}

    gpu::Context& context() const noexcept { return m_context; }

    // Notes that find() will be asked for this.
    void expect(Kernel kernel, file::TensorType type, std::span<const std::uint32_t> constants);

    // Makes what is expected and not there yet, on all processors. What the driver refuses is left
    // out: find() says why.
    void makeExpected();

    // Kernels that are made.
    std::size_t size() const noexcept { return m_modules.size(); }

    Result<const gpu::Module*> find(Kernel kernel, file::TensorType type,
                                    std::span<const std::uint32_t> constants);

private:
    using Key = std::tuple<Kernel, file::TensorType, std::vector<std::uint32_t>>;

    Result<std::unique_ptr<gpu::Module>> make(const Key& key) const;

    gpu::Context& m_context;
    std::set<Key> m_expected;
    std::map<Key, std::unique_ptr<gpu::Module>> m_modules;
};

}  // namespace engine::kernels
