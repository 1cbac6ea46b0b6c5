#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/result.h"

namespace tests {

// A tensor whose values follow from its name (tests/data/golden/README.md).
struct SeededTensor {
    std::string name;
    std::vector<std::size_t> shape;
    float scale = 0.0F;
    float offset = 0.0F;
    // If it is not empty, the shape of a larger matrix to write, of which the tensor is the first
    // part of the first rows. What lies around it has values of its own.
    std::vector<std::size_t> writtenShape{};
};

// The list "tensors" of a golden set's config.json.
std::vector<SeededTensor> readSeededTensors(const nlohmann::json& config);

// Writes a folder in Hugging Face's form, config.json and model.safetensors, creating it: the
// tensors of the set of that name, in float32 or bfloat16.
engine::Result<void> writeSeededFolder(const std::string& set,
                                       const std::vector<SeededTensor>& tensors, bool isBf16,
                                       const std::string& configJson,
                                       const std::filesystem::path& folder);

}  // namespace tests
