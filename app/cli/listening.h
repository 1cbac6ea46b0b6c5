#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/microphone.h"
#include "engine/result.h"

namespace app::cli {

// A microphone that is read on a thread of its own, so that nothing is lost while a device that is
// slower than speech computes.
class Listening {
public:
    // Opens the microphone of that name, or the system's default.
    static engine::Result<Listening> start(const std::string& device);

    Listening(Listening&&) noexcept;
    Listening& operator=(Listening&&) noexcept;
    ~Listening();  // closes it

    // What was heard since the last call.
    std::vector<float> take();

    // Closes the microphone, and returns the rest.
    std::vector<float> finish();

    // A sentence, once there is no more to come as the device is gone.
    std::string problem() const;

    std::string deviceName() const;
    LostSound lost() const;
    // A line for a terminal: how loud it is, its peak, and whether it is too loud.
    std::string levelLine() const;

private:
    struct State;
    explicit Listening(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

}  // namespace app::cli
