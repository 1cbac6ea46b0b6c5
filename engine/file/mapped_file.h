#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "engine/result.h"

namespace engine::file {

// A file mapped read-only. Pages come in when touched; forget() gives them back, so that copying a
// large file through it does not keep it resident.
class MappedFile {
public:
    // Fails with InvalidFile: missing, unreadable, a folder, or empty.
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const noexcept;
    std::span<const std::byte> bytes() const noexcept;

    // Drops the whole pages inside `range` from memory; they are read again when touched. `range`
    // lies inside bytes().
    void forget(std::span<const std::byte> range) const noexcept;

private:
    MappedFile(std::filesystem::path path, std::span<const std::byte> bytes);

    std::filesystem::path m_path;
    std::span<const std::byte> m_bytes;
};

}  // namespace engine::file
