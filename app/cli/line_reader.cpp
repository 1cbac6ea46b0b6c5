#include "app/cli/line_reader.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace app::cli {

LineEvent LineReader::read(std::string& line, std::optional<std::chrono::milliseconds> patience)
{
    while (!takeBufferedLine(line)) {
        if (m_isAtEnd)
            return LineEvent::EndOfInput;

        std::array<pollfd, 2> waits{{{STDIN_FILENO, POLLIN, 0}, {m_interrupt, POLLIN, 0}}};
        const int timeout = patience ? static_cast<int>(patience->count()) : -1;
        const int ready = poll(waits.data(), waits.size(), timeout);
        if (ready == 0)
            return LineEvent::Nothing;
        if (ready < 0 && errno == EINTR)
            continue;
        if ((waits[1].revents & POLLIN) != 0)
            return LineEvent::Interrupted;

        std::array<char, 4096> bytes{};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count > 0)
            m_buffer.append(bytes.data(), static_cast<std::size_t>(count));
        else if (count == 0 || errno != EINTR)
            m_isAtEnd = true;
    }
    return LineEvent::Line;
}

bool LineReader::takeBufferedLine(std::string& line)
{
    const std::size_t end = m_buffer.find('\n');
    if (end == std::string::npos && (!m_isAtEnd || m_buffer.empty()))
        return false;
    line = m_buffer.substr(0, end);
    m_buffer.erase(0, end == std::string::npos ? end : end + 1);
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    return true;
}

}  // namespace app::cli
