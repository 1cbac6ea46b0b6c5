#include "tests/support/gemma3_cases.h"

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/support/safetensors_reader.h"

namespace tests {

engine::Result<std::vector<Gemma3Case>> readGemma3Cases(const std::filesystem::path& folder)
{
    std::ifstream file(folder / "cases.json");
    const nlohmann::json list = nlohmann::json::parse(file, nullptr, false);
    if (!list.is_array() || list.empty())
        return engine::Error{engine::ErrorCode::InvalidFile,
                             (folder / "cases.json").string() + ": is not a list of cases."};
    ENGINE_TRY(const SafetensorsReader expected,
               SafetensorsReader::open(folder / "expected.safetensors"));

    std::vector<Gemma3Case> cases;
    for (const nlohmann::json& entry : list) {
        const std::string number = std::to_string(cases.size());
        Gemma3Case next;
        next.prompt = entry["prompt"];
        next.ids = entry["ids"].get<std::vector<std::uint32_t>>();
        next.greedy = entry["greedy"].get<std::vector<std::uint32_t>>();
        next.greedyMargin = expected.floats(std::string("margin.") + number);
        next.topIds = expected.ids(std::string("top_ids.") + number);
        next.topLogits = expected.floats(std::string("top_logits.") + number);
        if (next.greedyMargin.size() != next.greedy.size() || next.topIds.empty() ||
            next.topLogits.size() != next.topIds.size())
            return engine::Error{engine::ErrorCode::InvalidFile,
                                 folder.string() + ": case " + number + " is incomplete."};
        cases.push_back(std::move(next));
    }
    return cases;
}

std::filesystem::path gemma3Path()
{
    const char* path = std::getenv("GEMMA3_270M");
    return path == nullptr ? std::filesystem::path() : std::filesystem::path(path);
}

}  // namespace tests
