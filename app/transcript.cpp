#include "app/transcript.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace app {
namespace {

// "01:02:03,004" with that mark before the milliseconds.
std::string stamp(std::chrono::milliseconds time, char mark)
{
    const long long all = std::max<long long>(time.count(), 0);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld%c%03lld", all / 3'600'000,
                  all / 60'000 % 60, all / 1000 % 60, mark, all % 1000);
    return text.data();
}

bool isControl(char character)
{
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7F;
}

// The lines that say something, each without white space around it.
std::string cleanLines(std::string_view text)
{
    std::string lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\n\r"), text.size());
        std::string line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        std::replace_if(line.begin(), line.end(), isControl, ' ');
        const std::size_t first = line.find_first_not_of(' ');
        if (first == std::string::npos)
            continue;
        line = line.substr(first, line.find_last_not_of(' ') + 1 - first);
        lines += (lines.empty() ? "" : "\n") + line;
    }
    return lines;
}

void replaceAll(std::string& text, std::string_view what, std::string_view with)
{
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

}  // namespace

TranscriptFormat formatOf(const std::filesystem::path& path)
{
    std::string end = path.extension().string();
    std::transform(end.begin(), end.end(), end.begin(), [](unsigned char character) {
        return static_cast<char>(std::tolower(character));
    });
    if (end == ".srt")
        return TranscriptFormat::Srt;
    return end == ".vtt" ? TranscriptFormat::Vtt : TranscriptFormat::Text;
}

std::string transcriptHead(TranscriptFormat format)
{
    return format == TranscriptFormat::Vtt ? "WEBVTT\n\n" : "";
}

std::string cueText(TranscriptFormat format, std::size_t number, const TranscriptCue& cue)
{
    std::string text = cleanLines(cue.text);
    switch (format) {
    case TranscriptFormat::Text:
        return text + "\n";
    case TranscriptFormat::Srt:
        replaceAll(text, "-->", "→");
        return std::to_string(number) + "\n" + stamp(cue.begin, ',') + " --> " +
               stamp(cue.end, ',') + "\n" + text + "\n\n";
    case TranscriptFormat::Vtt:
        replaceAll(text, "&", "&amp;");
        replaceAll(text, "<", "&lt;");
        replaceAll(text, ">", "&gt;");
        return stamp(cue.begin, '.') + " --> " + stamp(cue.end, '.') + "\n" + text + "\n\n";
    }
    return {};
}

std::string clockText(std::chrono::milliseconds time)
{
    const long long seconds = std::max<long long>(time.count(), 0) / 1000;
    std::array<char, 40> text{};
    if (seconds < 3600)
        std::snprintf(text.data(), text.size(), "%lld:%02lld", seconds / 60, seconds % 60);
    else
        std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", seconds / 3600,
                      seconds / 60 % 60, seconds % 60);
    return text.data();
}

engine::Result<TranscriptFile> TranscriptFile::create(const std::filesystem::path& path,
                                                      TranscriptFormat format)
{
    TranscriptFile file(path, format);
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        file.m_path.clear();
        return engine::Error{engine::ErrorCode::InvalidInput,
                             path.string() + " cannot be written: it is not a plain file."};
    }
    file.m_file.open(file.partialPath(), std::ios::binary | std::ios::trunc);
    file.m_file << transcriptHead(format) << std::flush;
    if (!file.m_file)
        return file.failure();
    return file;
}

TranscriptFile::TranscriptFile(std::filesystem::path path, TranscriptFormat format)
    : m_path(std::move(path))
    , m_format(format)
{
}

TranscriptFile::TranscriptFile(TranscriptFile&& other) noexcept
    : m_path(std::exchange(other.m_path, {}))
    , m_format(other.m_format)
    , m_file(std::move(other.m_file))
    , m_cues(other.m_cues)
{
}

TranscriptFile::~TranscriptFile()
{
    if (m_path.empty() || !m_file.is_open())
        return;
    m_file.close();
    std::error_code ignored;
    std::filesystem::remove(partialPath(), ignored);
}

engine::Result<void> TranscriptFile::add(const TranscriptCue& cue)
{
    m_file << cueText(m_format, ++m_cues, cue) << std::flush;
    if (!m_file)
        return failure();
    return {};
}

engine::Result<void> TranscriptFile::finish()
{
    m_file.close();
    if (!m_file || std::rename(partialPath().c_str(), m_path.c_str()) != 0) {
        const engine::Error error = failure();
        std::error_code ignored;
        std::filesystem::remove(partialPath(), ignored);
        return error;
    }
    m_path.clear();
    return {};
}

std::filesystem::path TranscriptFile::partialPath() const
{
    return m_path.string() + ".partial";
}

engine::Error TranscriptFile::failure() const
{
    return {engine::ErrorCode::InvalidInput,
            m_path.string() + " cannot be written: " + std::strerror(errno) + "."};
}

}  // namespace app
