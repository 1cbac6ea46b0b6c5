#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/result.h"

namespace engine::gpu {

enum class Access : std::uint8_t { Read, Write, ReadWrite };

// What a compute shader says of itself.
struct SpirvInterface {
    std::vector<Access> bindings;         // of set 0, storage buffers, numbered without gaps
    std::uint32_t pushConstantBytes = 0;  // of the one push constant block
    bool hasWorkgroupSizeId = false;      // specialization constant 0 is the workgroup size
};

// Reads the interface from a module's words: what `readonly` and `writeonly` became, how far the
// push constant block reaches. Fails where the shader breaks our rules; that is our mistake, and the
// sentence says which rule.
Result<SpirvInterface> readSpirvInterface(std::span<const std::uint32_t> words);

}  // namespace engine::gpu
