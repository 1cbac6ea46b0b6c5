#pragma once

#include <filesystem>

#include "engine/size.h"

namespace tests {

// Writes the model at `from`, a GGUF file or a folder, cut to `size`: a file like any other, with
// fewer layers and narrower matrices, as the published procedure makes it (spec 01 §7.1). Blocks
// are copied as they are. Ends the program where the size does not fit.
void cutModel(const std::filesystem::path& from, const engine::ModelSize& size,
              const std::filesystem::path& to);

}  // namespace tests
