#include "app/evaluation/journal.h"

#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace app::evaluation {
namespace {

using engine::Error;
using engine::ErrorCode;
using engine::Result;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

Json toJson(const Identity& identity)
{
    return {{"nestling_evaluation", kVersion},   {"examples", identity.examples},
            {"model", identity.model},           {"text", identity.text},
            {"device", identity.device},         {"sizes", identity.sizes},
            {"most_tokens", identity.mostTokens}};
}

// What is different, for a sentence; empty if nothing is.
std::string differenceOf(const Json& found, const Json& wanted)
{
    constexpr std::array<std::pair<const char*, const char*>, 6> kNames{
        {{"examples", "other examples, or they have changed"},
         {"model", "another model, or its files have changed"},
         {"text", "another text, or it has changed"},
         {"device", "another device"},
         {"sizes", "other sizes"},
         {"most_tokens", "answers of another length"}}};
    for (const auto& [key, what] : kNames) {
        if (!found.contains(key) || found[key] != wanted[key])
            return what;
    }
    return {};
}

Json toJson(const Likelihood& likelihood)
{
    return {{"log_probability", likelihood.logProbability}, {"tokens", likelihood.tokens}};
}

Json toJson(const TurnResult& turn)
{
    Json json = {{"answer", turn.answer},
                 {"tokens", turn.tokens},
                 {"decode_seconds", turn.decodeSeconds},
                 {"first_token_seconds", turn.firstTokenSeconds}};
    if (turn.ofExpected)
        json["expected"] = toJson(*turn.ofExpected);
    return json;
}

double numberIn(const Json& json, const char* key)
{
    return json.contains(key) && json[key].is_number() ? json[key].get<double>() : 0.0;
}

std::uint64_t countIn(const Json& json, const char* key)
{
    return json.contains(key) && json[key].is_number_unsigned() ? json[key].get<std::uint64_t>()
                                                                : 0;
}

std::string textIn(const Json& json, const char* key)
{
    return json.contains(key) && json[key].is_string() ? json[key].get<std::string>()
                                                       : std::string();
}

Likelihood toLikelihood(const Json& json)
{
    return {numberIn(json, "log_probability"), countIn(json, "tokens")};
}

ExampleResult toExampleResult(const Json& json)
{
    ExampleResult result{{}, textIn(json, "problem")};
    for (const Json& turn : json.value("turns", Json::array())) {
        TurnResult next{textIn(turn, "answer"), countIn(turn, "tokens"),
                        numberIn(turn, "decode_seconds"), numberIn(turn, "first_token_seconds"),
                        std::nullopt};
        if (turn.is_object() && turn.contains("expected"))
            next.ofExpected = toLikelihood(turn["expected"]);
        result.turns.push_back(std::move(next));
    }
    return result;
}

// The step of a line, and its result into `results`. False if the line is none of ours.
bool take(const Json& line, std::size_t sizes, Results& results)
{
    const bool isExample = line.is_object() && line.contains("example");
    if (!line.is_object() || (!isExample && !line.contains("window")) ||
        countIn(line, "size") >= sizes || !line.value("turns", Json::array()).is_array())
        return false;
    const Step step{isExample ? Step::Kind::Example : Step::Kind::Window,
                    countIn(line, isExample ? "example" : "window"), countIn(line, "size")};
    if (isExample)
        results.examples.emplace(step, toExampleResult(line));
    else
        results.windows.emplace(step, toLikelihood(line));
    return true;
}

std::string lineOf(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<Journal> Journal::open(const std::filesystem::path& path, const Identity& identity)
{
    Journal journal(path);
    std::error_code error;
    const bool isThere = std::filesystem::exists(path, error);
    if (isThere && !std::filesystem::is_regular_file(path, error))
        return Error{ErrorCode::InvalidInput,
                     path.string() + " is no file; choose another name for the journal."};
    const bool isNew = !isThere || std::filesystem::file_size(path, error) == 0;
    if (!isNew)
        ENGINE_TRY_VOID(journal.readFound(identity));
    journal.m_file.open(path, std::ios::binary | std::ios::app);
    if (isNew)
        ENGINE_TRY_VOID(journal.write(lineOf(toJson(identity))));
    return journal;
}

Result<void> Journal::readFound(const Identity& identity)
{
    const auto wrong = [this](const std::string& what) {
        return Error{ErrorCode::InvalidInput, m_path.string() + " " + what};
    };
    std::ifstream file(m_path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::size_t begin = 0;
    for (std::size_t number = 1; begin < text.size(); ++number) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string::npos)
            break;
        const Json line =
            Json::parse(std::string_view(text).substr(begin, end - begin), nullptr, false);
        if (number == 1) {
            if (countIn(line, "nestling_evaluation") != kVersion)
                return wrong("is no journal of an evaluation; choose another name.");
            if (const auto what = differenceOf(line, toJson(identity)); !what.empty())
                return wrong("was begun with " + what + "; begin another one.");
        } else if (!take(line, identity.sizes.size(), m_found)) {
            return wrong("is damaged in line " + std::to_string(number) + "; begin another one.");
        }
        begin = end + 1;
    }
    if (begin == 0)
        return wrong("is no journal of an evaluation; choose another name.");
    std::error_code error;
    if (begin < text.size())
        std::filesystem::resize_file(m_path, begin, error);
    return error ? Result<void>(wrong("cannot be written.")) : Result<void>();
}

Result<void> Journal::add(const Step& step, const ExampleResult& result)
{
    Json json = {{"example", step.index}, {"size", step.size}};
    if (!result.problem.empty())
        json["problem"] = result.problem;
    json["turns"] = Json::array();
    for (const TurnResult& turn : result.turns)
        json["turns"].push_back(toJson(turn));
    return write(lineOf(json));
}

Result<void> Journal::add(const Step& step, const Likelihood& likelihood)
{
    Json json = {{"window", step.index}, {"size", step.size}};
    json.update(toJson(likelihood));
    return write(lineOf(json));
}

Result<void> Journal::write(const std::string& line)
{
    m_file << line << std::flush;
    if (!m_file)
        return Error{ErrorCode::InvalidInput,
                     m_path.string() + " cannot be written; choose a place with room."};
    return {};
}

}  // namespace app::evaluation
