#include "engine/log.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace engine {
namespace {

std::mutex& sinkMutex()
{
    static std::mutex mutex;
    return mutex;
}

LogSink& currentSink()
{
    static LogSink sink = [](LogLevel level, std::string_view message) {
        if (level != LogLevel::Debug)
            std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
    };
    return sink;
}

}  // namespace

void setLogSink(LogSink sink)
{
    const std::scoped_lock lock(sinkMutex());
    currentSink() = std::move(sink);
}

void log(LogLevel level, std::string_view message)
{
    const std::scoped_lock lock(sinkMutex());
    if (currentSink())
        currentSink()(level, message);
}

}  // namespace engine
