#include "tests/support/golden_blocks.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace tests {

std::optional<GoldenBlocks> goldenBlocks(const std::string& dataFolder, const std::string& type)
{
    std::ifstream stream(dataFolder + "/golden/quant/blocks.safetensors", std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(stream), {}};
    std::uint64_t headerBytes = 0;
    if (file.size() < sizeof headerBytes)
        return std::nullopt;
    std::memcpy(&headerBytes, file.data(), sizeof headerBytes);
    const auto header = nlohmann::json::parse(file.substr(8, headerBytes), nullptr, false);
    if (!header.contains(type + ".blocks"))
        return std::nullopt;

    const auto bytesOf = [&](const std::string& name) {
        const auto& offsets = header[name]["data_offsets"];
        const auto begin = offsets[0].get<std::size_t>();
        return file.substr(8 + headerBytes + begin, offsets[1].get<std::size_t>() - begin);
    };
    const std::string blocks = bytesOf(type + ".blocks");
    const std::string values = bytesOf(type + ".values");
    GoldenBlocks golden;
    golden.blocks.resize(blocks.size());
    std::memcpy(golden.blocks.data(), blocks.data(), blocks.size());
    golden.values.resize(values.size() / sizeof(float));
    std::memcpy(golden.values.data(), values.data(), values.size());
    return golden;
}

}  // namespace tests
