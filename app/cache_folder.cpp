#include "app/cache_folder.h"

#include <cstdlib>

namespace app {
namespace {

// A folder that the environment names. The specification has those that are relative ignored.
std::filesystem::path named(const char* variable)
{
    const char* text = std::getenv(variable);
    const std::filesystem::path path = text == nullptr ? "" : text;
    return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

std::filesystem::path cacheFolder()
{
    if (const auto cache = named("XDG_CACHE_HOME"); !cache.empty())
        return cache / "nestling";
    if (const auto home = named("HOME"); !home.empty())
        return home / ".cache" / "nestling";
    return {};
}

}  // namespace app
