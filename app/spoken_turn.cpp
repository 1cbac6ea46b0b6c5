#include "app/spoken_turn.h"

#include <algorithm>
#include <utility>

namespace app {
namespace {

// What is left for speech; a model with clips of less than that takes none.
std::uint64_t longestSpeech(std::uint64_t samplesPerClip)
{
    constexpr std::uint64_t kAround = SpokenTurn::kLead + kSilenceAfterClip;
    return samplesPerClip > kAround ? samplesPerClip - kAround : 1;
}

}  // namespace

SpokenTurn::SpokenTurn(std::uint64_t samplesPerClip, End end, Sink sink)
    : m_longestClip(longestSpeech(samplesPerClip))
    , m_end(end)
    , m_sink(std::move(sink))
    , m_segmenter(m_longestClip)
{
}

void SpokenTurn::push(std::span<const float> samples)
{
    m_segmenter.push(samples,
                     [this](std::span<const float> part, bool endsClip) { take(part, endsClip); });
}

void SpokenTurn::finish()
{
    if (m_isInClip) {
        give({}, true);
        return;
    }
    if (m_isEmpty && m_end == End::ByHand && !m_held.empty()) {
        keepHeld(m_longestClip);
        give(m_held, true);
    }
    m_held.clear();
}

bool SpokenTurn::isOver() const
{
    return m_end == End::ByPause && !m_isEmpty && m_segmenter.silenceSeconds() >= kEndSeconds;
}

void SpokenTurn::take(std::span<const float> samples, bool endsClip)
{
    m_heard += samples.size();
    if (m_isInClip) {
        give(samples, endsClip);
        return;
    }
    hold(samples);
    const SpeechSegmenter::Clip& clip = m_segmenter.clip();
    if (!clip.hasSpeech)
        return;
    keepHeld(m_heard - clip.speechBegin + kLead);
    give(m_held, endsClip);
    m_held.clear();
}

// What is not known to be speech; it may be wanted after all.
void SpokenTurn::hold(std::span<const float> samples)
{
    m_held.insert(m_held.end(), samples.begin(), samples.end());
    if (m_held.size() >= 2 * m_longestClip)  // seldom, as it moves them all
        keepHeld(m_longestClip);
}

void SpokenTurn::keepHeld(std::uint64_t most)
{
    if (m_held.size() > most)
        m_held.erase(m_held.begin(), m_held.end() - static_cast<std::ptrdiff_t>(most));
}

void SpokenTurn::give(std::span<const float> samples, bool endsClip)
{
    m_isEmpty = false;
    m_isInClip = !endsClip;
    m_sink(samples, endsClip);
}

}  // namespace app
