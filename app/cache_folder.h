#pragma once

#include <filesystem>

namespace app {

// Where this application keeps what it can make again: $XDG_CACHE_HOME/nestling, or
// ~/.cache/nestling (XDG Base Directory Specification). Empty where neither is known.
std::filesystem::path cacheFolder();

}  // namespace app
