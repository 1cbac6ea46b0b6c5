#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "app/sample_ring.h"
#include "engine/result.h"

namespace app {

// A microphone, or what the system gives as one.
struct InputDevice {
    std::string name;        // also what a choice is remembered by
    bool isDefault = false;  // what the system uses if nothing is chosen
    int channels = 0;
    double rateHz = 0;  // that it works at by itself
};

struct InputFormat {
    double rateHz = 0;
    int channels = 0;
};

// Sound that comes in, until this is destroyed.
class InputStream {
public:
    virtual ~InputStream() = default;

    // Whether more is to come: false once its device is gone.
    virtual bool isRunning() const = 0;
};

// The microphones that are there when this is made; another one sees what was plugged in since.
// Any one thread may use it. Tests have one of their own; PortAudio's is in portaudio_system.h.
class SoundSystem {
public:
    virtual ~SoundSystem() = default;

    // The system's default first.
    virtual const std::vector<InputDevice>& inputs() const = 0;

    virtual bool supports(std::size_t input, const InputFormat& format) const = 0;

    // Writes what it hears to the ring, which must outlive the stream and has the format's
    // channels. Fails with InvalidInput and the system's reason.
    virtual engine::Result<std::unique_ptr<InputStream>>
    open(std::size_t input, const InputFormat& format, SampleRing& ring) = 0;
};

}  // namespace app
