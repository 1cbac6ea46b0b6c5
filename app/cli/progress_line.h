#pragma once

#include <chrono>
#include <string>

namespace app::cli {

// One line on standard error, if that is a terminal, that is written over and wiped at the end.
// What takes less than `silent` shows none.
class ProgressLine {
public:
    explicit ProgressLine(std::chrono::milliseconds silent = std::chrono::seconds(1));
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const std::string& text);

    // Before anything else is printed.
    void wipe();

private:
    std::chrono::steady_clock::time_point m_begin;  // of what is shown
    bool m_isTerminal;
    bool m_isShown = false;
};

}  // namespace app::cli
