#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/result.h"

namespace tests {

// A safetensors file read whole, apart from the engine's own reader: for expected values, and for
// what the command line writes.
class SafetensorsReader {
public:
    struct Tensor {
        std::string dtype;  // "F32", "I32", …
        std::vector<std::size_t> shape;
        std::vector<std::byte> bytes;
    };

    static engine::Result<SafetensorsReader> open(const std::filesystem::path& path);

    bool contains(const std::string& name) const { return m_tensors.count(name) != 0; }
    const std::map<std::string, Tensor>& tensors() const { return m_tensors; }

    // Empty where the tensor is absent or of another type.
    std::vector<float> floats(const std::string& name) const;
    std::vector<std::int32_t> integers(const std::string& name) const;
    std::vector<std::uint32_t> ids(const std::string& name) const;

private:
    std::map<std::string, Tensor> m_tensors;
};

}  // namespace tests
