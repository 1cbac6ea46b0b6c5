#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/result.h"

namespace engine::file {

enum class DuplicateKeys { Refuse, LastCounts };

// Parses a JSON object that a stranger wrote: nesting is bounded, and a syntax error or an object
// with a key twice (if refused) is an InvalidFile that names `source`.
Result<nlohmann::json> parseJsonObject(std::string_view text, const std::string& source,
                                       DuplicateKeys duplicates);

}  // namespace engine::file
