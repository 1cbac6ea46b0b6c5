#include "app/cli/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace app::cli {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

engine::Error unreadable(const std::filesystem::path& path)
{
    const std::string name = path == "-" ? "standard input" : path.string();
    return {engine::ErrorCode::InvalidFile,
            name + " cannot be read: " + std::strerror(errno) + "."};
}

// False where reading failed; errno says why.
bool readAll(std::FILE* file, std::string& text)
{
    std::array<char, 65536> bytes{};
    while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file))
        text.append(bytes.data(), count);
    return std::ferror(file) == 0;
}

}  // namespace

engine::Result<std::string> readText(const std::filesystem::path& path)
{
    std::string text;
    if (path == "-") {
        if (!readAll(stdin, text))
            return unreadable(path);
        return text;
    }
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    if (!file || !readAll(file.get(), text))
        return unreadable(path);
    return text;
}

std::string displayName(const std::filesystem::path& path)
{
    return path == "-" ? "standard input" : path.string();
}

}  // namespace app::cli
