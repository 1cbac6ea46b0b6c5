#pragma once

#include <chrono>

#include "app/cli/output.h"
#include "engine/session.h"

namespace app::cli {

// What lies between two readings of a session's counters.
engine::Counters difference(const engine::Counters& after, const engine::Counters& before);

Json countersJson(const engine::Counters& counters);

// "end_of_turn", "token_limit", "context_full", "stopped".
const char* finishName(engine::Finish finish) noexcept;

double secondsOf(std::chrono::nanoseconds duration) noexcept;

// Tokens after the first, over the time between the first and the last; 0 with fewer than two.
double decodeSpeed(const engine::Reply& reply) noexcept;

// Processor time of this thread. A driver that computes on the processor does so in threads of its
// own, so that this is what an engine with a real device costs beside it.
double threadSeconds() noexcept;

class Stopwatch {
public:
    std::chrono::nanoseconds elapsed() const { return Clock::now() - m_start; }

private:
    using Clock = std::chrono::steady_clock;

    Clock::time_point m_start = Clock::now();
};

}  // namespace app::cli
