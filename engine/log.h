#pragma once

#include <functional>
#include <string_view>

namespace engine {

enum class LogLevel { Debug, Warning, Error };

using LogSink = std::function<void(LogLevel, std::string_view)>;

// Where the engine's messages go; by default warnings and errors go to standard error. Called on
// the thread that logs, one call at a time. Set before the engine is used.
void setLogSink(LogSink sink);

// One sentence, without a final newline.
void log(LogLevel level, std::string_view message);

}  // namespace engine
