#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/result.h"

namespace app {

// PortAudio, while one of these is there. It looks for devices when the first is made, and again
// only after all are gone. Any thread may make one.
class PortAudioRunning {
public:
    // Fails with InvalidInput where there is no sound system to ask.
    static engine::Result<std::shared_ptr<const PortAudioRunning>> start();

    PortAudioRunning(const PortAudioRunning&) = delete;
    PortAudioRunning& operator=(const PortAudioRunning&) = delete;
    ~PortAudioRunning();

    // PortAudio may be called from one thread at a time, but for reading from and writing to a
    // stream. To be held around everything else, except making and destroying one of these.
    static std::unique_lock<std::mutex> lock();

private:
    PortAudioRunning() = default;
};

// Why the last call failed, as the system says it: no whole sentence.
std::string portAudioReason(int error);

}  // namespace app
