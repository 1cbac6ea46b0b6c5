#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "app/speech_segmenter.h"

namespace app {

// What is said into a microphone until the speaker's turn is over, as clips for a model, while it
// is heard. Clips are cut at pauses. Silence before and between them is left out, but for a quarter
// of a second; each sample of speech is in one clip, and none is in two.
//
// Where no voice is found in all of it (somebody whispers, a bird sings) and the person ends the
// turn, the last of it is a clip as it is.
//
// In memory of constant size. Any one thread may use it.
class SpokenTurn {
public:
    enum class End {
        ByHand,   // finish() alone ends it
        ByPause,  // so does a second of silence after somebody spoke
    };

    // Samples of one clip, in their order; `endsClip` with its last, which may be none.
    using Sink = std::function<void(std::span<const float> samples, bool endsClip)>;

    static constexpr std::uint64_t kLead = 1600;  // a tenth of a second
    static constexpr double kEndSeconds = 1.0;

    // `samplesPerClip` is what the model takes. Clips leave room for what whoever answers puts
    // behind them: kSilenceAfterClip.
    SpokenTurn(std::uint64_t samplesPerClip, End end, Sink sink);

    void push(std::span<const float> samples);

    // The person is done: gives the end of the last clip. Nothing may follow.
    void finish();

    // Whether a pause has ended it.
    bool isOver() const;

    bool isSpeaking() const { return m_segmenter.isSpeaking(); }

    // Whether there was anything for the model.
    bool isEmpty() const { return m_isEmpty; }

private:
    void take(std::span<const float> samples, bool endsClip);
    void hold(std::span<const float> samples);
    void keepHeld(std::uint64_t most);
    void give(std::span<const float> samples, bool endsClip);

    std::uint64_t m_longestClip;
    End m_end;
    Sink m_sink;
    SpeechSegmenter m_segmenter;
    std::vector<float> m_held;  // up to now, of which nothing has been given
    std::uint64_t m_heard = 0;  // samples since the beginning
    bool m_isInClip = false;    // the sink has the beginning of a clip
    bool m_isEmpty = true;
};

}  // namespace app
