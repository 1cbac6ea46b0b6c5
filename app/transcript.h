#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/result.h"

namespace app {

// What is said in a part of a recording. The text is UTF-8.
struct TranscriptCue {
    std::chrono::milliseconds begin{};
    std::chrono::milliseconds end{};
    std::string text;
};

// Lines of text without times, SubRip, or WebVTT.
enum class TranscriptFormat { Text, Srt, Vtt };

// By the end of the file's name, in capitals or not; Text where it says nothing.
TranscriptFormat formatOf(const std::filesystem::path& path);

// What stands before the first cue.
std::string transcriptHead(TranscriptFormat format);

// A cue as it stands in a file; `number` counts from 1. Control characters and empty lines, which
// would end a cue, are left out. What could be taken for markup is written with WebVTT's escapes;
// SubRip has none, and an arrow becomes the character of that name.
std::string cueText(TranscriptFormat format, std::size_t number, const TranscriptCue& cue);

// "1:02:03", or "2:03" below an hour.
std::string clockText(std::chrono::milliseconds time);

// Writes a transcript cue by cue, without holding it. The file takes its name with finish(): until
// then it is "<path>.partial", and the destructor removes it. Every function fails with
// InvalidInput and a sentence that names the file.
class TranscriptFile {
public:
    static engine::Result<TranscriptFile> create(const std::filesystem::path& path,
                                                 TranscriptFormat format);

    TranscriptFile(TranscriptFile&& other) noexcept;
    TranscriptFile& operator=(TranscriptFile&&) = delete;
    ~TranscriptFile();

    engine::Result<void> add(const TranscriptCue& cue);

    // Once; nothing is added afterwards.
    engine::Result<void> finish();

private:
    TranscriptFile(std::filesystem::path path, TranscriptFormat format);

    std::filesystem::path partialPath() const;
    engine::Error failure() const;

    std::filesystem::path m_path;  // empty once it is finished, or belongs to another
    TranscriptFormat m_format;
    std::ofstream m_file;
    std::size_t m_cues = 0;
};

}  // namespace app
