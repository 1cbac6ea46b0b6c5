#include "tests/support/golden_set.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>

#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "tests/support/safetensors_reader.h"

namespace tests {

namespace {

using nlohmann::json;

engine::Error invalid(const std::filesystem::path& path, const std::string& what)
{
    return {engine::ErrorCode::InvalidFile, path.string() + ": " + what};
}

// The lead of the best of `logits` over the second best.
float leadOf(std::vector<float> logits)
{
    std::partial_sort(logits.begin(), logits.begin() + 2, logits.end(), std::greater<>());
    return logits[0] - logits[1];
}

// The file's margins stand one step later than ours: the first step is judged by the logits of the
// last position of the prompt.
std::vector<float> marginsOf(const GoldenSet& set, const std::vector<float>& marginsAfter)
{
    const auto lastRow = set.logits.end() - static_cast<std::ptrdiff_t>(set.vocabulary);
    std::vector<float> margins{
        leadOf({lastRow, lastRow + static_cast<std::ptrdiff_t>(set.textVocabulary)})};
    margins.insert(margins.end(), marginsAfter.begin(), marginsAfter.end());
    margins.resize(set.greedy.size());
    return margins;
}

bool isComplete(const GoldenSet& set, std::size_t margins)
{
    return !set.ids.empty() && !set.greedy.empty() && margins == set.greedy.size() &&
           set.logitsPositions.back() + 1 == set.ids.size() &&
           set.logits.size() == set.logitsPositions.size() * set.vocabulary &&
           set.streams.size() == set.layers * 4 * set.streamsPositions.size() * set.hidden;
}

engine::Result<void> readConfig(GoldenSet& set, const std::filesystem::path& path)
{
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    const json config = json::parse(text, nullptr, false);
    if (!config.is_object() || !config.contains("text_config") || !config.contains("tensors"))
        return invalid(path, "is not the configuration of a golden set.");

    set.name = config["set"];
    set.isBf16 = config["weights_dtype"] == "bf16";
    json model = config["text_config"];
    set.layers = model["num_hidden_layers"];
    set.hidden = model["hidden_size"];
    set.vocabulary = model["vocab_size"];
    set.textVocabulary = model["vocab_size_per_layer_input"];
    model["architectures"] = json::array({"Gemma3nForCausalLM"});
    model["dtype"] = set.isBf16 ? "bfloat16" : "float32";
    set.configJson = model.dump(2);
    set.tensors = readSeededTensors(config);
    return {};
}

}  // namespace

engine::Result<GoldenSet> readGoldenSet(const std::filesystem::path& folder)
{
    GoldenSet set;
    ENGINE_TRY_VOID(readConfig(set, folder / "config.json"));

    const std::filesystem::path path = folder / "expected.safetensors";
    ENGINE_TRY(const SafetensorsReader expected, SafetensorsReader::open(path));
    set.ids = expected.ids("ids");
    set.logits = expected.floats("logits");
    set.logitsPositions = expected.ids("logits_positions");
    if (set.logitsPositions.empty()) {
        set.logitsPositions.resize(set.ids.size());
        std::iota(set.logitsPositions.begin(), set.logitsPositions.end(), 0U);
    }
    set.streams = expected.floats("streams");
    set.streamsPositions = expected.ids("streams_positions");
    set.greedy = expected.ids("greedy");
    const std::vector<float> marginsAfter = expected.floats("greedy_margin");
    if (!isComplete(set, marginsAfter.size()))
        return invalid(path, "lacks a tensor, or one has another shape.");
    set.greedyMargin = marginsOf(set, marginsAfter);
    return set;
}

engine::Result<void> writeModelFolder(const GoldenSet& set, const std::filesystem::path& folder)
{
    return writeSeededFolder(set.name, set.tensors, set.isBf16, set.configJson, folder);
}

std::vector<std::uint32_t> widenLayers(GoldenSet& set)
{
    json config = json::parse(set.configJson);
    std::vector<std::uint32_t> widths = config["intermediate_size"];
    const std::size_t widest = *std::max_element(widths.begin(), widths.end());
    config["intermediate_size"] = widest;
    set.configJson = config.dump(2);
    for (SeededTensor& tensor : set.tensors) {
        if (tensor.name.ends_with("gate_proj.weight") || tensor.name.ends_with("up_proj.weight"))
            tensor.writtenShape = {widest, tensor.shape.back()};
        else if (tensor.name.ends_with("down_proj.weight"))
            tensor.writtenShape = {tensor.shape.front(), widest};
    }
    return widths;
}

std::vector<float> rowsAt(const std::vector<float>& values, std::size_t rows, std::size_t width,
                          const std::vector<std::uint32_t>& positions)
{
    ENGINE_CHECK(values.size() % (rows * width) == 0);
    std::vector<float> result;
    for (std::size_t group = 0; group < values.size(); group += rows * width) {
        for (const std::uint32_t position : positions) {
            ENGINE_CHECK(position < rows);
            const auto row = values.begin() + static_cast<std::ptrdiff_t>(group + position * width);
            result.insert(result.end(), row, row + static_cast<std::ptrdiff_t>(width));
        }
    }
    return result;
}

}  // namespace tests
