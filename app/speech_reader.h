#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "app/sound_file.h"
#include "app/speech_segmenter.h"
#include "engine/result.h"

namespace app {

// Where somebody speaks in a file of any length, clip by clip, without holding more than a few of
// them. Any one thread may use it.
class SpeechReader {
public:
    // With at most a quarter of a second before the first voice and after the last. Places are
    // samples, 16 kHz, since the beginning of the file.
    struct Clip {
        std::vector<float> samples;
        std::uint64_t speechBegin = 0;
        std::uint64_t speechEnd = 0;
    };

    // How many samples have been read; called now and then.
    using Progress = std::function<void(std::uint64_t samples)>;

    // The most samples of a clip; more than kMargin.
    SpeechReader(SoundFile file, std::uint64_t longestClip);

    // The next clip in which somebody speaks; none at the end of the file, and none for now after
    // a minute in which nobody does. Fails as SoundFile does, once all that could be read has been
    // given, and with Cancelled; the next call goes on.
    engine::Result<std::optional<Clip>> next(const Progress& progress, const std::stop_token& stop);

    // Whether no more clips will come.
    bool isAtEnd() const noexcept { return m_isAtEnd && m_clips.empty() && !m_error; }

    std::uint64_t samplesRead() const noexcept { return m_samplesRead; }

    // Of the whole file by its header, which may be wrong; 0 where it does not say.
    double seconds() const noexcept { return m_file.seconds(); }

    static constexpr std::uint64_t kMargin = SoundFile::kSampleRateHz / 4;

private:
    void take(std::span<const float> samples);
    void endClip();

    SoundFile m_file;
    SpeechSegmenter m_segmenter;
    std::uint64_t m_samplesRead = 0;
    std::vector<float> m_heard;  // the clip under way, and what is quiet before it
    std::uint64_t m_first = 0;   // the place of the first of these
    std::deque<Clip> m_clips;    // of the block that was read last
    std::optional<engine::Error> m_error;
    bool m_isAtEnd = false;
};

}  // namespace app
