#include "app/speech_segmenter.h"

#include <algorithm>

namespace app {
namespace {

constexpr std::uint64_t kSampleRateHz = 16000;
constexpr std::uint64_t kFrame = VoiceActivity::kFrameSamples;
constexpr double kLongestPause = 0.6 * kSampleRateHz;
constexpr double kShortestPause = 0.1 * kSampleRateHz;

}  // namespace

SpeechSegmenter::SpeechSegmenter(std::uint64_t longestClip, std::uint64_t longestSilentClip)
    : m_longestClip(std::max<std::uint64_t>(longestClip, 1))
    , m_longestSilentClip(longestSilentClip)
{
}

void SpeechSegmenter::push(std::span<const float> samples, const Sink& sink)
{
    std::size_t first = 0;  // of those the sink has not got
    std::size_t end = 0;    // of those that are looked at
    while (end < samples.size()) {
        const auto room = static_cast<std::size_t>(
            std::min<std::uint64_t>(samples.size() - end, m_longestClip - m_clip.length));
        const std::size_t taken = m_voice.take(samples.subspan(end, room));
        end += taken;
        m_clip.length += taken;
        if (m_voice.isAtFrameEnd())
            noteFrame();
        if (m_clip.length < m_longestClip && !(m_voice.isAtFrameEnd() && isAtPause()))
            continue;
        sink(samples.subspan(first, end - first), true);
        first = end;
        m_clip = Clip{.begin = m_clip.begin + m_clip.length};
    }
    if (first < end)
        sink(samples.subspan(first), false);
}

double SpeechSegmenter::silenceSeconds() const noexcept
{
    return static_cast<double>(m_voice.silentFrames() * kFrame) / kSampleRateHz;
}

void SpeechSegmenter::noteFrame()
{
    if (!m_voice.isSpeaking() || !m_voice.isLoud())
        return;
    const std::uint64_t now = m_clip.begin + m_clip.length;
    m_clip.speechEnd = now;
    if (m_clip.hasSpeech)
        return;
    m_clip.hasSpeech = true;
    m_clip.speechBegin = std::max(m_clip.begin, now - m_voice.loudFrames() * kFrame);
}

bool SpeechSegmenter::isAtPause() const
{
    if (!m_clip.hasSpeech)
        return m_clip.length >= m_longestSilentClip && !m_voice.isLoud();
    const double fullness = static_cast<double>(m_clip.length) / static_cast<double>(m_longestClip);
    const double pause = kLongestPause - (kLongestPause - kShortestPause) * fullness;
    return static_cast<double>(m_voice.silentFrames() * kFrame) >= pause;
}

}  // namespace app
