#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "app/cli/text_file.h"
#include "engine/model.h"

namespace app::cli {
namespace {

engine::Error badLine(const std::filesystem::path& path, std::size_t number, const char* problem)
{
    return {engine::ErrorCode::InvalidInput,
            "Line " + std::to_string(number) + " of " + displayName(path) + " " + problem};
}

// Objects with a `text`, one for each line that is not blank.
engine::Result<std::vector<Json>> readLines(const std::filesystem::path& path)
{
    ENGINE_TRY(const std::string text, readText(path));
    std::vector<Json> lines;
    std::size_t number = 0;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view line(text.data() + start, end - start);
        start = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        Json json = Json::parse(line, nullptr, false);
        if (json.is_discarded())
            return badLine(path, number, "is not valid JSON.");
        if (!json.is_object() || !json.contains("text") || !json["text"].is_string())
            return badLine(path, number, "is not an object with a string named text.");
        lines.push_back(std::move(json));
    }
    return lines;
}

}  // namespace

engine::Result<void> runTokenize(const CommonOptions& common, const TokenizeOptions& options)
{
    ENGINE_TRY(std::vector<Json> lines, readLines(options.lines));
    std::vector<std::string> texts;
    texts.reserve(lines.size());
    for (const Json& line : lines)
        texts.push_back(line["text"].get<std::string>());

    ENGINE_TRY(const auto ids, engine::tokenizeAll(modelPaths(common).path, texts));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i]["ids"] = ids[i];
        print(compact(lines[i]));
    }
    return {};
}

}  // namespace app::cli
