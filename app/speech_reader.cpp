#include "app/speech_reader.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace app {
namespace {

constexpr std::uint64_t kMostAtOnce = 60 * SoundFile::kSampleRateHz;

}  // namespace

SpeechReader::SpeechReader(SoundFile file, std::uint64_t longestClip)
    : m_file(std::move(file))
    , m_segmenter(longestClip - std::min(longestClip, kMargin))
{
}

engine::Result<std::optional<SpeechReader::Clip>> SpeechReader::next(const Progress& progress,
                                                                     const std::stop_token& stop)
{
    const std::uint64_t begin = m_samplesRead;
    while (m_clips.empty() && !m_isAtEnd && m_samplesRead - begin < kMostAtOnce) {
        if (stop.stop_requested())
            return engine::Error{engine::ErrorCode::Cancelled, "Stopped."};
        auto samples = m_file.read();
        if (!samples)
            m_error = samples.error();
        m_isAtEnd = !samples || samples->empty();
        if (m_isAtEnd)
            endClip();
        else
            take(*samples);
        if (progress)
            progress(m_samplesRead);
    }
    if (m_clips.empty() && m_error)
        return *m_error;
    if (m_clips.empty())
        return std::optional<Clip>();
    std::optional<Clip> clip = std::move(m_clips.front());
    m_clips.pop_front();
    return clip;
}

void SpeechReader::take(std::span<const float> samples)
{
    m_samplesRead += samples.size();
    m_segmenter.push(samples, [this](std::span<const float> piece, bool endsClip) {
        m_heard.insert(m_heard.end(), piece.begin(), piece.end());
        if (endsClip)
            endClip();
    });
}

// Keeps the clip if somebody speaks in it, and what is quiet at its end for the next.
void SpeechReader::endClip()
{
    const SpeechSegmenter::Clip& clip = m_segmenter.clip();
    const std::uint64_t end = m_first + m_heard.size();
    const auto place = [this](std::uint64_t sample) {
        return m_heard.begin() + static_cast<std::ptrdiff_t>(sample - m_first);
    };
    std::uint64_t quietFrom = m_first;
    if (clip.hasSpeech) {
        const std::uint64_t begin =
            std::max(m_first, clip.speechBegin - std::min(clip.speechBegin, kMargin));
        const std::uint64_t last = std::min(end, clip.speechEnd + kMargin);
        m_clips.push_back({{place(begin), place(last)}, clip.speechBegin, clip.speechEnd});
        quietFrom = clip.speechEnd;
    }
    const std::uint64_t keptFrom = std::max(quietFrom, end - std::min(end, kMargin));
    m_heard.erase(m_heard.begin(), place(keptFrom));
    m_first = keptFrom;
}

}  // namespace app
