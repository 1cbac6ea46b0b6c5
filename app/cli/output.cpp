#include "app/cli/output.h"

#include <array>
#include <cstdio>

namespace app::cli {
namespace {

std::string dump(const Json& json, int indent)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int exitCode(engine::ErrorCode code) noexcept
{
    switch (code) {
    case engine::ErrorCode::OutOfMemory:
    case engine::ErrorCode::DeviceUnavailable:
    case engine::ErrorCode::DeviceLost:
        return kExitDevice;
    case engine::ErrorCode::InvalidFile:
    case engine::ErrorCode::UnsupportedModel:
    case engine::ErrorCode::InvalidInput:
    case engine::ErrorCode::ContextFull:
    case engine::ErrorCode::Cancelled:
        break;
    }
    return kExitBadInput;
}

void print(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

std::string compact(const Json& json)
{
    return dump(json, -1) + "\n";
}

std::string indented(const Json& json)
{
    return dump(json, 2) + "\n";
}

void note(std::string_view sentence)
{
    std::fprintf(stderr, "nestling-cli: %.*s\n", static_cast<int>(sentence.size()),
                 sentence.data());
}

bool isOutputWritten() noexcept
{
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

std::string bytesText(std::uint64_t bytes)
{
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    return decimalText(value, unit == 0 ? 0 : 1) + " " + kUnits[unit];
}

std::string decimalText(double value, int digits)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

}  // namespace app::cli
