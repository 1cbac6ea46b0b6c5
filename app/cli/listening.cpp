#include "app/cli/listening.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>
#include <utility>

#include "app/portaudio_system.h"

namespace app::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{20};

void append(std::vector<float>& all, const std::vector<float>& more)
{
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

struct Listening::State {
    explicit State(Microphone openMicrophone) : microphone(std::move(openMicrophone))
    {
        thread = std::jthread([this](const std::stop_token& stop) { listen(stop); });
    }

    void listen(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(kInterval);
            const std::lock_guard lock(mutex);
            const auto samples = microphone.read();
            if (!samples) {
                problem = samples.error().message;
                return;
            }
            append(heard, *samples);
        }
    }

    std::mutex mutex;  // of all that follows
    Microphone microphone;
    std::vector<float> heard;
    std::string problem;
    std::jthread thread;
};

engine::Result<Listening> Listening::start(const std::string& device)
{
    ENGINE_TRY(auto system, openPortAudio());
    ENGINE_TRY(auto microphone, Microphone::open(std::move(system), device));
    return Listening(std::make_unique<State>(std::move(microphone)));
}

Listening::Listening(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Listening::Listening(Listening&&) noexcept = default;
Listening& Listening::operator=(Listening&&) noexcept = default;
Listening::~Listening() = default;

std::vector<float> Listening::take()
{
    const std::lock_guard lock(m_state->mutex);
    return std::exchange(m_state->heard, {});
}

std::vector<float> Listening::finish()
{
    m_state->thread.request_stop();
    m_state->thread.join();
    if (const auto rest = m_state->microphone.close())
        append(m_state->heard, *rest);
    return std::exchange(m_state->heard, {});
}

std::string Listening::problem() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->problem;
}

std::string Listening::deviceName() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->microphone.device().name;
}

LostSound Listening::lost() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->microphone.lost();
}

std::string Listening::levelLine() const
{
    constexpr float kStepDb = 3.0F;
    constexpr auto kSteps = static_cast<std::size_t>(-LevelMeter::kFloorDb / kStepDb);
    const std::lock_guard lock(m_state->mutex);
    const LevelMeter& level = m_state->microphone.level();
    const auto steps = [](float decibels) {
        return static_cast<std::size_t>(std::lround((decibels - LevelMeter::kFloorDb) / kStepDb));
    };
    std::string bar(kSteps, ' ');
    std::fill_n(bar.begin(), steps(level.levelDb()), '=');
    if (const std::size_t peak = steps(level.peakDb()); peak > 0)
        bar[peak - 1] = '|';
    return "[" + bar + "]" + (level.isClipped() ? " too loud" : "");
}

}  // namespace app::cli
