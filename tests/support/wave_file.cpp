#include "tests/support/wave_file.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace tests {

namespace {

// The little-endian number of `T` at `position`.
template <typename T>
T numberAt(const std::string& bytes, std::size_t position)
{
    T value{};
    std::memcpy(&value, bytes.data() + position, sizeof(T));
    return value;
}

}  // namespace

std::vector<float> readWave(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    constexpr std::size_t kHeader = 44;
    constexpr std::uint16_t kPcm = 1;
    if (bytes.size() < kHeader || bytes.substr(36, 4) != "data" ||
        numberAt<std::uint16_t>(bytes, 20) != kPcm || numberAt<std::uint16_t>(bytes, 22) != 1 ||
        numberAt<std::uint16_t>(bytes, 34) != 16)
        return {};
    std::vector<float> samples;
    for (std::size_t i = kHeader; i + 2 <= bytes.size(); i += 2)
        samples.push_back(static_cast<float>(numberAt<std::int16_t>(bytes, i)) / 32768.0F);
    return samples;
}

}  // namespace tests
