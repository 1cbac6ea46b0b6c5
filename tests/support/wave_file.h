#pragma once

#include <filesystem>
#include <vector>

namespace tests {

// The samples of a plain WAV file, one channel of 16 bits, as floats in [-1, 1); empty if it is
// anything else.
std::vector<float> readWave(const std::filesystem::path& path);

}  // namespace tests
