#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/file/tensor_type.h"

namespace engine::file {

// Where a matrix [rows × columns] lies in the files. bytes = rows · rowBytes.
struct MatrixSource {
    std::string name;  // in the file, for messages
    TensorType type = TensorType::F32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint64_t rowBytes = 0;
    std::span<const std::byte> bytes;

    bool isPresent() const noexcept { return rows != 0; }
};

// A vector or small table that the device gets as float32, read from a file of any float or block
// type. `offset` is added to each value (Gemma 3's norms in safetensors are stored as w - 1).
struct VectorSource {
    std::string name;
    TensorType type = TensorType::F32;
    std::uint32_t size = 0;
    std::span<const std::byte> bytes;
    float offset = 0.0F;
    float clip = 0.0F;  // values are clamped to ±clip if it is not 0

    bool isPresent() const noexcept { return size != 0; }
};

}  // namespace engine::file
