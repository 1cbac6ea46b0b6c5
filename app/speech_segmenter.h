#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "app/voice_activity.h"

namespace app {

// Silence that whatever answers appends to a clip, so that its last phoneme is heard: 200 ms.
inline constexpr std::uint64_t kSilenceAfterClip = 3200;

// Cuts a stream of 16 kHz mono samples into clips at pauses, while it is heard: no sample is held
// back, lost or doubled, and pieces of any sizes are cut at the same places.
//
// - A clip with speech ends at a pause: the longer it is, the shorter the pause that ends it, from
//   0.6 s, as between sentences, to 0.1 s, as between words, in even steps.
// - A clip at the longest length ends there, pause or not.
// - A clip without speech ends at its longest length too, after one second unless said otherwise,
//   so that speech after a long silence has a whole clip to itself. It may hold the breath before a
//   word: give its last quarter of a second to the next clip if it is not to be heard.
//
// In memory of constant size. Any one thread may use it.
class SpeechSegmenter {
public:
    // Places are samples since the beginning of the stream.
    struct Clip {
        std::uint64_t begin = 0;
        std::uint64_t length = 0;
        bool hasSpeech = false;
        std::uint64_t speechBegin = 0;  // of the first voice in it; only with speech
        std::uint64_t speechEnd = 0;    // of the last
    };

    // Samples of one clip, in their order. `endsClip` is true for the last of a clip, of which
    // clip() tells all until the sink returns.
    using Sink = std::function<void(std::span<const float> samples, bool endsClip)>;

    static constexpr std::uint64_t kSilentClip = 16000;

    // `longestClip` is at least 1: what the model takes, less what is put around it.
    explicit SpeechSegmenter(std::uint64_t longestClip,
                             std::uint64_t longestSilentClip = kSilentClip);

    // Gives all of `samples` to the sink. Samples that are not numbers are passed on as they are.
    void push(std::span<const float> samples, const Sink& sink);

    // The clip under way; the last one where the stream ends.
    const Clip& clip() const noexcept { return m_clip; }

    bool isSpeaking() const noexcept { return m_voice.isSpeaking(); }

    // Since somebody spoke; without any, since the beginning.
    double silenceSeconds() const noexcept;

private:
    void noteFrame();
    bool isAtPause() const;

    std::uint64_t m_longestClip;
    std::uint64_t m_longestSilentClip;
    VoiceActivity m_voice;
    Clip m_clip;
};

}  // namespace app
