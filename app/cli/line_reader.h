#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace app::cli {

enum class LineEvent { Line, Interrupted, EndOfInput, Nothing };

// Lines of standard input, of a terminal or a pipe, that a Ctrl-C can interrupt.
class LineReader {
public:
    // `interruptDescriptor` becomes readable when Ctrl-C is pressed: see Interrupts.
    explicit LineReader(int interruptDescriptor) : m_interrupt(interruptDescriptor) {}

    // Waits for the next line and puts it in `line`, without its end. A last line without an end
    // is a line too. Nothing comes only of a time that is over.
    LineEvent read(std::string& line, std::optional<std::chrono::milliseconds> patience = {});

private:
    bool takeBufferedLine(std::string& line);

    int m_interrupt;
    bool m_isAtEnd = false;
    std::string m_buffer;
};

}  // namespace app::cli
