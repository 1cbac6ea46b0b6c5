#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/result.h"

namespace app::cli {

// Keeps the keys in the order in which they were added.
using Json = nlohmann::ordered_json;

inline constexpr int kExitFine = 0;
inline constexpr int kExitUsage = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitDevice = 3;

int exitCode(engine::ErrorCode code) noexcept;

// To standard output, at once: what reads it may be waiting for the next word.
void print(std::string_view text);

// One line, or indented; always valid UTF-8.
std::string compact(const Json& json);
std::string indented(const Json& json);

// One sentence to standard error, after the name of the program.
void note(std::string_view sentence);

// Whether everything printed so far could be written.
bool isOutputWritten() noexcept;

// "8.9 MiB".
std::string bytesText(std::uint64_t bytes);

// "12.3": fixed, with so many digits after the point.
std::string decimalText(double value, int digits);

}  // namespace app::cli
