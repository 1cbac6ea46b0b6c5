#pragma once

#include <filesystem>

#include "engine/file/model_files.h"
#include "engine/result.h"

namespace engine::file {

// Reads the header of a GGUF file, version 2 or 3 (spec 01 §4.1), or of all files of a split set of
// which `path` is any one. Knows nothing of architectures. Nothing is allocated for a number that
// the file's size does not bear out. Fails with InvalidFile or UnsupportedModel.
Result<ModelFiles> openGguf(const std::filesystem::path& path);

}  // namespace engine::file
