#pragma once

#include <filesystem>

#include "engine/encoders.h"
#include "engine/result.h"

namespace app {

// The picture of a file as readImageFile() makes it (see there), for programs without types of Qt.
engine::Result<engine::Image> readPicture(const std::filesystem::path& file);

}  // namespace app
