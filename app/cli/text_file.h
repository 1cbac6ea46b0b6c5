#pragma once

#include <filesystem>
#include <string>

#include "engine/result.h"

namespace app::cli {

// All of a text file, or of standard input if `path` is "-". Fails with InvalidFile.
engine::Result<std::string> readText(const std::filesystem::path& path);

// What messages call that file.
std::string displayName(const std::filesystem::path& path);

}  // namespace app::cli
