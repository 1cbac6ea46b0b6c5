#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/result.h"

namespace app::cli {

struct FloatTensor {
    std::string name;
    std::vector<std::uint64_t> shape;
};

// Writes a safetensors file of float32 tensors in pieces, in any order, without holding them. The
// file takes its name only when it is complete: until finish() it is "<path>.partial", and the
// destructor removes it. Every function fails with InvalidInput, naming the file.
class SafetensorsWriter {
public:
    // Also checks that the file can be made, so that a wrong path fails before the work is done.
    static engine::Result<SafetensorsWriter> create(const std::filesystem::path& path);

    SafetensorsWriter(SafetensorsWriter&& other) noexcept;
    SafetensorsWriter& operator=(SafetensorsWriter&&) = delete;
    ~SafetensorsWriter();

    // Writes the header and gives the file its final size. Once, before the first write().
    engine::Result<void> begin(const std::vector<FloatTensor>& tensors);

    // Puts `values` at element `offset` of the tensor of that index in begin().
    engine::Result<void> write(std::size_t tensor, std::uint64_t offset,
                               std::span<const float> values);

    engine::Result<void> finish();

private:
    SafetensorsWriter(std::filesystem::path path, int descriptor);

    engine::Error failure() const;
    std::filesystem::path partialPath() const;
    bool writeAt(std::uint64_t position, std::span<const std::byte> bytes);

    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::vector<std::uint64_t> m_starts;  // first byte of each tensor in the file
};

}  // namespace app::cli
