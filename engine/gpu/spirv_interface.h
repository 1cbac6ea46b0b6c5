#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/result.h"

namespace engine::gpu {

enum class Access : std::uint8_t { Read, Write, ReadWrite };

// How a shader sees a tensor: as a storage buffer, or 16 bytes at a time, as four words
// (isamplerBuffer) or four floats (samplerBuffer, or imageBuffer where it writes too).
enum class View : std::uint8_t { Storage, IntTexels, FloatTexels, StoredTexels };

struct Binding {
    Access access = Access::ReadWrite;
    View view = View::Storage;
};

// What a compute shader says of itself.
struct SpirvInterface {
    std::vector<Binding> bindings;        // of set 0, numbered without gaps
    std::uint32_t pushConstantBytes = 0;  // of the one push constant block
    bool hasWorkgroupSizeId = false;      // specialization constant 0 is the workgroup size
};

// Reads the interface from a module's words: what `readonly` and `writeonly` became, how far the
// push constant block reaches. Fails where the shader breaks our rules; that is our mistake, and
// the sentence says which rule.
Result<SpirvInterface> readSpirvInterface(std::span<const std::uint32_t> words);

}  // namespace engine::gpu
