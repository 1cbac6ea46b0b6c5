#include "app/evaluation/examples.h"

#include <fstream>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace app::evaluation {
namespace {

using engine::Error;
using engine::ErrorCode;
using engine::Result;
using Json = nlohmann::json;

// Error rates of longer ones would take minutes.
constexpr std::size_t kLongestAnswer = 20'000;
constexpr std::size_t kLongestLine = std::size_t{1} << 24;

// Reads one line; every failure begins with its number.
class LineReader {
public:
    LineReader(std::filesystem::path file, std::size_t line) : m_file(std::move(file)), m_line(line)
    {
    }

    Result<Example> read(std::string_view text) const
    {
        if (text.size() > kLongestLine)
            return wrong("is longer than 16 MiB");
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object())
            return wrong("is not a JSON object");
        Example example;
        ENGINE_TRY(example.kind, textOf(json, "kind"));
        if (json.contains("turns")) {
            if (json.contains("prompt") || json.contains("history"))
                return wrong("has `turns`, and then neither `prompt` nor `history`");
            ENGINE_TRY(example.turns, turnsOf(json["turns"]));
            return example;
        }
        ENGINE_TRY(example.turns, historyOf(json));
        ENGINE_TRY(auto turn, shortTurn(json));
        example.turns.push_back(std::move(turn));
        return example;
    }

private:
    Error wrong(const std::string& what) const
    {
        return {ErrorCode::InvalidInput,
                m_file.string() + ", line " + std::to_string(m_line) + " " + what + "."};
    }

    Result<std::string> textOf(const Json& object, const char* key) const
    {
        const auto found = object.find(key);
        if (found == object.end())
            return std::string();
        if (!found->is_string())
            return wrong(std::string("has `") + key + "` that is no text");
        return found->get<std::string>();
    }

    Result<std::optional<std::string>> answerOf(const Json& object) const
    {
        if (!object.contains("answer") || object["answer"].is_null())
            return std::optional<std::string>();
        ENGINE_TRY(auto answer, textOf(object, "answer"));
        if (answer.size() > kLongestAnswer)
            return wrong("has an answer of more than 20,000 bytes");
        return std::optional(std::move(answer));
    }

    Result<ExamplePart> mediumOf(const Json& file, const char* key) const
    {
        if (!file.is_string() || file.get_ref<const std::string&>().empty())
            return wrong(std::string("has `") + key + "` that is no file name");
        const auto kind = std::string_view(key) == "image" ? ExamplePart::Kind::Picture
                                                           : ExamplePart::Kind::Sound;
        ExamplePart part{kind, {}, m_file.parent_path() / file.get<std::string>()};
        std::error_code error;
        if (!std::filesystem::is_regular_file(part.file, error))
            return wrong("names " + part.file.string() + ", which is not there");
        return part;
    }

    // A file or a list of them.
    Result<void> addMedia(const Json& object, const char* key, ExampleTurn& turn) const
    {
        if (!object.contains(key))
            return {};
        const Json files = object[key].is_array() ? object[key] : Json::array({object[key]});
        for (const Json& file : files) {
            ENGINE_TRY(auto part, mediumOf(file, key));
            turn.parts.push_back(std::move(part));
        }
        return {};
    }

    Result<ExampleTurn> shortTurn(const Json& object) const
    {
        ExampleTurn turn;
        ENGINE_TRY_VOID(addMedia(object, "image", turn));
        ENGINE_TRY_VOID(addMedia(object, "audio", turn));
        ENGINE_TRY(auto prompt, textOf(object, "prompt"));
        if (!prompt.empty())
            turn.parts.push_back({ExamplePart::Kind::Text, std::move(prompt)});
        if (turn.parts.empty())
            return wrong("asks nothing: it has no `prompt`, `image` or `audio`");
        ENGINE_TRY(turn.expected, answerOf(object));
        return turn;
    }

    Result<std::vector<ExampleTurn>> historyOf(const Json& object) const
    {
        std::vector<ExampleTurn> turns;
        if (!object.contains("history"))
            return turns;
        if (!object["history"].is_array())
            return wrong("has a `history` that is no list");
        for (const Json& said : object["history"]) {
            if (!said.is_object())
                return wrong("has something in its `history` that is no object");
            ENGINE_TRY(auto turn, shortTurn(said));
            if (!turn.expected)
                return wrong("has a `history` in which something is not answered");
            turn.isHistory = true;
            turns.push_back(std::move(turn));
        }
        return turns;
    }

    Result<std::vector<ExampleTurn>> turnsOf(const Json& list) const
    {
        std::vector<ExampleTurn> turns;
        if (!list.is_array() || list.empty())
            return wrong("has `turns` that are no list, or an empty one");
        for (const Json& object : list) {
            if (!object.is_object() || !object.contains("parts") || !object["parts"].is_array() ||
                object["parts"].empty())
                return wrong("has a turn without `parts`");
            ExampleTurn turn;
            for (const Json& part : object["parts"]) {
                ENGINE_TRY(auto piece, partOf(part));
                turn.parts.push_back(std::move(piece));
            }
            ENGINE_TRY(turn.expected, answerOf(object));
            turns.push_back(std::move(turn));
        }
        return turns;
    }

    Result<ExamplePart> partOf(const Json& part) const
    {
        if (part.is_string())
            return ExamplePart{ExamplePart::Kind::Text, part.get<std::string>()};
        for (const char* const key : {"image", "audio"}) {
            if (part.is_object() && part.contains(key))
                return mediumOf(part[key], key);
        }
        return wrong("has a part that is neither text nor an `image` or `audio`");
    }

    std::filesystem::path m_file;
    std::size_t m_line;
};

bool isBlank(std::string_view line)
{
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Result<std::vector<Example>> readExamples(const std::filesystem::path& path)
{
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path, error))
        return Error{ErrorCode::InvalidInput,
                     path.string() + " cannot be read; choose a file of examples (JSONL)."};
    std::vector<Example> examples;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (number == 1 && line.starts_with("\xEF\xBB\xBF"))  // as some editors begin UTF-8
            line.erase(0, 3);
        if (isBlank(line))
            continue;
        ENGINE_TRY(auto example, LineReader(path, number).read(line));
        examples.push_back(std::move(example));
    }
    if (examples.empty())
        return Error{ErrorCode::InvalidInput, path.string() + " holds no examples."};
    return examples;
}

std::vector<std::filesystem::path> mediaOf(const std::vector<Example>& examples)
{
    std::set<std::filesystem::path> files;
    for (const Example& example : examples) {
        for (const ExampleTurn& turn : example.turns) {
            for (const ExamplePart& part : turn.parts) {
                if (part.kind != ExamplePart::Kind::Text)
                    files.insert(part.file);
            }
        }
    }
    return {files.begin(), files.end()};
}

}  // namespace app::evaluation
