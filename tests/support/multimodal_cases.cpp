#include "tests/support/multimodal_cases.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/support/safetensors_reader.h"

namespace tests {
namespace {

using engine::Error;
using engine::ErrorCode;
using engine::Result;
using nlohmann::json;

CasePart toPart(const json& part)
{
    if (part.is_string())
        return {CasePart::Kind::Text, part.get<std::string>()};
    if (part.contains("image"))
        return {CasePart::Kind::Image, part.value("image", "")};
    return {CasePart::Kind::Audio, part.value("audio", "")};
}

std::vector<CaseTurn> toTurns(const json& conversation)
{
    std::vector<CaseTurn> turns;
    for (const json& turn : conversation.value("turns", json::array())) {
        CaseTurn next;
        for (const json& part : turn.value("parts", json::array()))
            next.parts.push_back(toPart(part));
        next.answer = turn.value("answer", "");
        next.said = next.answer;
        turns.push_back(std::move(next));
    }
    return turns;
}

Result<std::vector<json>> readLines(const std::filesystem::path& path)
{
    std::ifstream file(path);
    std::vector<json> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(json::parse(line, nullptr, false));
        if (!lines.back().is_object())
            return Error{ErrorCode::InvalidFile, path.string() + ": is not lines of JSON."};
    }
    if (lines.empty())
        return Error{ErrorCode::InvalidFile, path.string() + ": is empty or cannot be read."};
    return lines;
}

}  // namespace

bool hasPart(const std::vector<CaseTurn>& turns, CasePart::Kind kind)
{
    return std::any_of(turns.begin(), turns.end(), [kind](const CaseTurn& turn) {
        return std::any_of(turn.parts.begin(), turn.parts.end(),
                           [kind](const CasePart& part) { return part.kind == kind; });
    });
}

Result<std::vector<MultimodalCase>> readMultimodalCases(const std::filesystem::path& folder,
                                                        const std::string& size)
{
    std::ifstream file(folder / ("cases-" + size + ".json"));
    const json list = json::parse(file, nullptr, false);
    if (!list.is_array() || list.empty())
        return Error{ErrorCode::InvalidFile, folder.string() + ": has no list of cases."};
    ENGINE_TRY(const SafetensorsReader expected,
               SafetensorsReader::open(folder / ("expected-" + size + ".safetensors")));

    std::vector<MultimodalCase> cases;
    for (const json& entry : list) {
        const std::string number = std::to_string(cases.size());
        MultimodalCase next;
        next.turns = toTurns(entry);
        next.ids = expected.ids(std::string("ids.") + number);
        next.logits = expected.floats(std::string("logits.") + number);
        next.greedy = expected.ids(std::string("greedy.") + number);
        if (next.turns.empty() || next.ids.empty() || next.logits.empty())
            return Error{ErrorCode::InvalidFile,
                         folder.string() + ": case " + number + " is incomplete."};
        cases.push_back(std::move(next));
    }
    return cases;
}

Result<std::vector<std::vector<CaseTurn>>> readExamples(const std::filesystem::path& folder,
                                                        const std::string& size)
{
    ENGINE_TRY(const auto examples, readLines(folder / "examples.jsonl"));
    ENGINE_TRY(const auto answers, readLines(folder / ("reference-" + size + ".jsonl")));
    std::vector<std::vector<CaseTurn>> conversations;
    for (std::size_t i = 0; i < examples.size(); ++i) {
        auto turns = toTurns(examples[i]);
        const json said = i < answers.size() ? answers[i].value("answers", json::array()) : json();
        if (turns.empty() || said.size() != turns.size())
            return Error{ErrorCode::InvalidFile,
                         folder.string() + ": example " + std::to_string(i) + " has no answers."};
        for (std::size_t turn = 0; turn < turns.size(); ++turn)
            turns[turn].answer = said[turn].get<std::string>();
        conversations.push_back(std::move(turns));
    }
    return conversations;
}

Result<std::vector<engine::Part>> toParts(const std::vector<CasePart>& parts, const Encode& encode)
{
    std::vector<engine::Part> all;
    for (const CasePart& part : parts) {
        if (part.kind == CasePart::Kind::Text) {
            all.emplace_back(part.text);
            continue;
        }
        ENGINE_TRY(auto tokens, encode(part));
        all.emplace_back(std::move(tokens));
    }
    return all;
}

}  // namespace tests
