#include "engine/file/json_text.h"

#include <optional>
#include <set>
#include <vector>

namespace engine::file {

namespace {

// The library's parser needs no stack for nesting, but what it builds costs memory for each level.
constexpr int kMaxDepth = 64;

bool isTooDeep(std::string_view text)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                inString = false;
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

}  // namespace

Result<nlohmann::json> parseJsonObject(std::string_view text, const std::string& source,
                                       DuplicateKeys duplicates)
{
    using nlohmann::json;

    if (isTooDeep(text))
        return Error{ErrorCode::InvalidFile, source + " is nested too deeply."};

    std::vector<std::set<std::string>> keys;  // of the objects that are open
    std::optional<std::string> repeated;
    const auto watch = [&](int /*depth*/, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start)
            keys.emplace_back();
        else if (event == json::parse_event_t::object_end)
            keys.pop_back();
        else if (event == json::parse_event_t::key &&
                 !keys.back().insert(value.get_ref<const std::string&>()).second && !repeated)
            repeated = value.get<std::string>();
        return true;
    };
    auto parsed = duplicates == DuplicateKeys::Refuse ? json::parse(text, watch, false)
                                                      : json::parse(text, nullptr, false);
    if (parsed.is_discarded())
        return Error{ErrorCode::InvalidFile, source + " is not valid JSON."};
    if (repeated)
        return Error{ErrorCode::InvalidFile, source + " has the key " + *repeated + " twice."};
    if (!parsed.is_object())
        return Error{ErrorCode::InvalidFile, source + " is not a JSON object."};
    return parsed;
}

}  // namespace engine::file
