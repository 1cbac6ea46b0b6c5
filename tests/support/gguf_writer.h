#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/file/tensor_type.h"

namespace tests {

// Writes GGUF files, well formed unless told otherwise. Values that a test wants wrong are set in
// the public members or patched in header().
class GgufWriter {
public:
    // Makes the bytes of a tensor when they are written.
    using Bytes = std::function<std::vector<std::byte>()>;

    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;  // outermost first
        std::uint32_t type = 0;            // ggml's number
        std::uint64_t offset = 0;          // in the data section
        std::uint64_t size = 0;
        Bytes bytes;
    };

    void text(const std::string& key, const std::string& value);
    void u16(const std::string& key, std::uint16_t value);
    void u32(const std::string& key, std::uint32_t value);
    void i32(const std::string& key, std::int32_t value);
    void f32(const std::string& key, float value);
    void boolean(const std::string& key, bool value);
    void texts(const std::string& key, const std::vector<std::string>& values);
    void i32s(const std::string& key, const std::vector<std::int32_t>& values);
    void f32s(const std::string& key, const std::vector<float>& values);
    void booleans(const std::string& key, const std::vector<bool>& values);
    // Any key: `value` as it lies in the file, after the type.
    void raw(const std::string& key, std::uint32_t type, const std::string& value);

    // Places a tensor after those added before.
    void tensor(const std::string& name, const std::vector<std::uint64_t>& shape,
                engine::file::TensorType type, Bytes bytes);

    // Everything before the data section, padding included.
    std::string header() const;
    std::string file() const;
    void write(const std::filesystem::path& path) const;

    std::uint32_t version = 3;
    std::uint64_t alignment = 32;
    std::uint64_t keyCount = 0;
    std::vector<Tensor> tensors;

private:
    std::string m_keys;
};

// ggml's number of a type.
std::uint32_t ggmlNumber(engine::file::TensorType type);

// Bytes of a tensor.
std::uint64_t sizeOf(engine::file::TensorType type, const std::vector<std::uint64_t>& shape);

}  // namespace tests
