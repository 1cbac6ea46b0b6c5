#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/file/model_files.h"
#include "engine/result.h"

namespace engine::file {

class MappedFile;

struct GgufTensor {
    std::string name;
    StoredTensor stored;
};

// One GGUF file: its metadata and its tensors in file order, checked as TensorTable promises.
struct GgufHeader {
    Metadata metadata;
    std::vector<GgufTensor> tensors;
};

Result<GgufHeader> readGgufHeader(const MappedFile& file);

}  // namespace engine::file
