#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tests {

// Blocks of one GGUF type and the values that they stand for (tests/data/golden/quant).
struct GoldenBlocks {
    std::vector<std::byte> blocks;
    std::vector<float> values;
};

// `dataFolder` is TEST_DATA_DIR, `type` the type's name in ggml. nullopt if the set lacks the type.
std::optional<GoldenBlocks> goldenBlocks(const std::string& dataFolder, const std::string& type);

}  // namespace tests
