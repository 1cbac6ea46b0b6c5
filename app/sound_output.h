#pragma once

#include <QtGlobal>
#include <memory>
#include <span>

#include "engine/result.h"

namespace app {

// Where sound is played: 16 kHz, one channel. Any one thread may use it, which waits as long as
// hearing takes. Tests have one of their own; PortAudio's is in portaudio_output.h.
class SoundOutput {
public:
    virtual ~SoundOutput() = default;

    // Looks for the device that the system uses now, and starts it. Fails with InvalidInput and a
    // whole sentence.
    virtual engine::Result<void> open() = 0;

    // Returns once there is room for more. Fails as open() does, where the device is gone.
    virtual engine::Result<void> write(std::span<const qint16> samples) = 0;

    // Seconds from writing to hearing.
    virtual double delaySeconds() const = 0;

    // Returns once all that was written has been heard, and closes.
    virtual void finish() = 0;

    // Closes at once.
    virtual void abort() = 0;
};

}  // namespace app
