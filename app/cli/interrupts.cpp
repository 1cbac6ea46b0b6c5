#include "app/cli/interrupts.h"

#include <csignal>
#include <cstdlib>

#include <sys/eventfd.h>
#include <unistd.h>

namespace app::cli {
namespace {

sigset_t interruptSet()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

Interrupts::Interrupts() : m_event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
{
    const sigset_t set = interruptSet();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_thread = std::thread([this] { listen(); });
}

Interrupts::~Interrupts()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_isLeaving = true;
    }
    pthread_kill(m_thread.native_handle(), SIGINT);
    m_thread.join();
    close(m_event);
}

std::stop_token Interrupts::arm(Second second)
{
    const std::scoped_lock lock(m_mutex);
    eventfd_t count = 0;
    eventfd_read(m_event, &count);
    m_second = second;
    m_source = std::stop_source();
    return m_source.get_token();
}

void Interrupts::endProgram()
{
    const sigset_t set = interruptSet();
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::abort();
}

void Interrupts::listen()
{
    const sigset_t set = interruptSet();
    for (;;) {
        int signal = 0;
        sigwait(&set, &signal);
        const std::scoped_lock lock(m_mutex);
        if (m_isLeaving)
            return;
        const bool isSecond = m_source.stop_requested();
        if (!m_source.stop_possible() || (isSecond && m_second == Second::EndsProgram))
            endProgram();
        m_source.request_stop();
        eventfd_write(m_event, 1);
    }
}

}  // namespace app::cli
