#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/tensor_type.h"

namespace engine::file {

class MappedFile;

// A tensor as it lies in a file: contiguous rows, blocks along the innermost dimension.
struct StoredTensor {
    TensorType type = TensorType::F32;
    std::vector<std::uint64_t> shape;  // outermost first: [rows, columns] for a matrix
    std::span<const std::byte> bytes;  // exactly the tensor, inside a mapping of the table
};

// Name → tensor, over one or many files, with the mappings that the bytes lie in. Both formats fill
// one; everything above reads only this. What is in the table has been checked: sizes agree with
// shapes, bytes lie inside their file, tensors do not overlap.
struct TensorTable {
    std::map<std::string, StoredTensor, std::less<>> tensors;
    std::vector<std::shared_ptr<const MappedFile>> files;
    // Name → element type of tensors in the files that are of a type the engine does not read, such
    // as the I64 counters that PyTorch keeps beside weights. Only wanting one of them is an error.
    std::map<std::string, std::string, std::less<>> unreadable;

    const StoredTensor* find(std::string_view name) const;
};

}  // namespace engine::file
