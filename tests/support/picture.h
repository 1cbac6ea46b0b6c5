#pragma once

#include <string>

#include "engine/encoders.h"

namespace tests {

// A PNG file's pixels as they are. Empty if it cannot be read.
engine::Image readPicture(const std::string& path);

}  // namespace tests
