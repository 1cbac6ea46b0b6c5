#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/model.h"
#include "engine/result.h"

namespace app::evaluation {

// SHA-256 of the content of these files together, in their order, as hexadecimal digits. Fails with
// InvalidInput, naming a file that cannot be read, or with Cancelled. A model of gigabytes takes
// seconds.
engine::Result<std::string> digestOf(const std::vector<std::filesystem::path>& files,
                                     const std::stop_token& stop);

// What a model is read from: every file of its folder, or the GGUF file with the others of a split
// set, and the files of its encoders and sizes.
std::vector<std::filesystem::path> filesOf(const std::filesystem::path& model,
                                           const engine::ModelInfo& info);

}  // namespace app::evaluation
