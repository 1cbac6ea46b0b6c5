#include "app/voice_activity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace app {
namespace {

constexpr double kAboveFloor = 8.0;         // 9 dB
constexpr double kQuietestSpeech = 1.0e-6;  // −60 dB of full scale
constexpr std::size_t kFramesInPart = 25;   // half a second
constexpr std::uint64_t kFramesToBegin = 3;
constexpr std::uint64_t kFramesToEnd = 10;

}  // namespace

std::size_t VoiceActivity::take(std::span<const float> samples)
{
    const std::size_t count = std::min(samples.size(), kFrameSamples - m_inFrame);
    for (const float sample : samples.first(count)) {
        const double value = std::isfinite(sample) ? sample : 0.0;
        m_sum += value;
        m_squares += value * value;
    }
    m_inFrame += count;
    if (m_inFrame == kFrameSamples)
        endFrame();
    return count;
}

void VoiceActivity::endFrame()
{
    const double mean = m_sum / kFrameSamples;
    const double energy = std::max(0.0, m_squares / kFrameSamples - mean * mean);
    m_sum = 0.0;
    m_squares = 0.0;
    m_inFrame = 0;
    follow(energy);

    const bool isLoud = energy > std::max(kQuietestSpeech, kAboveFloor * floor());
    m_loudFrames = isLoud ? m_loudFrames + 1 : 0;
    if (m_loudFrames >= kFramesToBegin)
        m_isSpeaking = true;
    m_silentFrames = isLoud && m_isSpeaking ? 0 : m_silentFrames + 1;
    if (m_silentFrames >= kFramesToEnd)
        m_isSpeaking = false;
}

// Lets the noise floor follow.
void VoiceActivity::follow(double energy)
{
    if (m_framesInPart == kFramesInPart) {
        std::shift_right(m_quietest.begin(), m_quietest.end(), 1);
        m_framesInPart = 0;
    }
    if (m_framesInPart == 0)
        m_quietest.front() = std::numeric_limits<double>::infinity();
    m_quietest.front() = std::min(m_quietest.front(), energy);
    ++m_framesInPart;
}

double VoiceActivity::floor() const noexcept
{
    return *std::min_element(m_quietest.begin(), m_quietest.end());
}

}  // namespace app
