#include "app/cli/progress_line.h"

#include <cstdio>

#include <unistd.h>

namespace app::cli {

ProgressLine::ProgressLine(std::chrono::milliseconds silent)
    : m_begin(std::chrono::steady_clock::now() + silent)
    , m_isTerminal(isatty(STDERR_FILENO) == 1)
{
}

ProgressLine::~ProgressLine()
{
    wipe();
}

void ProgressLine::show(const std::string& text)
{
    if (!m_isTerminal || std::chrono::steady_clock::now() < m_begin)
        return;
    m_isShown = true;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
}

void ProgressLine::wipe()
{
    if (m_isShown)
        std::fputs("\r\033[K", stderr);
    m_isShown = false;
}

}  // namespace app::cli
