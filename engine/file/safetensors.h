#pragma once

#include <filesystem>

#include "engine/file/tensor_table.h"
#include "engine/result.h"

namespace engine::file {

// Reads the header of one safetensors file. Fails with InvalidFile.
Result<TensorTable> openSafetensors(const std::filesystem::path& path);

// All tensors of a folder: model.safetensors, or the shards that model.safetensors.index.json
// lists.
Result<TensorTable> openSafetensorsFolder(const std::filesystem::path& folder);

}  // namespace engine::file
