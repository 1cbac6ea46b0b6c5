#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/level_meter.h"
#include "app/sound_system.h"
#include "engine/result.h"

namespace app {

// What of a recording is missing.
struct LostSound {
    double seconds = 0;            // that came while nobody read, or that were not there
    std::uint64_t gaps = 0;        // that the sound system had by itself, of unknown length
    std::uint64_t notNumbers = 0;  // samples that were none, and are heard as silence

    bool isAny() const { return seconds > 0 || gaps > 0 || notNumbers > 0; }
    std::string sentence() const;
};

// An open microphone: mono sound of 16 kHz from a device of any rate and number of channels, which
// are averaged. Sound that is 16 kHz and mono is given as it is, but for samples beyond full scale.
//
// Any one thread may use it. It must be read several times a second: it keeps five seconds. What
// does not fit is lost, and counted.
class Microphone {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr double kRateHz = 16000;

    // Opens the device of that name; without one, the system's default. Fails with InvalidInput and
    // a sentence that says what to do.
    static engine::Result<Microphone> open(std::unique_ptr<SoundSystem> system,
                                           const std::string& device,
                                           Clock::time_point now = Clock::now());

    Microphone(Microphone&&) noexcept;
    Microphone& operator=(Microphone&&) noexcept;
    ~Microphone();

    // What was heard since the last call, none if nothing was. Fails, once all that was heard has
    // been read, if the device is gone or gives nothing for kPatience.
    engine::Result<std::vector<float>> read(Clock::time_point now = Clock::now());

    // Closes the device and returns the rest; then there is no more.
    engine::Result<std::vector<float>> close();

    const InputDevice& device() const;
    const InputFormat& format() const;
    const LevelMeter& level() const;
    LostSound lost() const;

    // A sound server may take a second or two to start.
    static constexpr std::chrono::seconds kPatience{6};

private:
    struct State;
    explicit Microphone(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

}  // namespace app
