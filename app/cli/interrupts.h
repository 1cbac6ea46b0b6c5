#pragma once

#include <mutex>
#include <stop_token>
#include <thread>

namespace app::cli {

// Ctrl-C as a stop token; until the first arm() it ends the program, as ever. Made once, at the
// start of main() and before any other thread: SIGINT is blocked in every thread, and one of our
// own waits for it.
class Interrupts {
public:
    // What a second Ctrl-C does while the first is still being obeyed.
    enum class Second { EndsProgram, IsIgnored };

    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    // Forgets earlier Ctrl-Cs and returns the token that the next one stops.
    std::stop_token arm(Second second);

    // Readable from a Ctrl-C until arm(): for poll(), where a person types.
    int descriptor() const noexcept { return m_event; }

    // Ends the program as if Ctrl-C had not been caught, so that the shell sees why.
    [[noreturn]] static void endProgram();

private:
    void listen();

    std::mutex m_mutex;
    std::stop_source m_source{std::nostopstate};
    Second m_second = Second::EndsProgram;
    bool m_isLeaving = false;
    int m_event = -1;
    std::thread m_thread;
};

}  // namespace app::cli
