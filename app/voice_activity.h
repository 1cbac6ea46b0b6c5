#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace app {

// Whether somebody speaks, told from how loud a stream of 16 kHz mono samples is, frame by frame.
//
// The loudness of a frame of 20 ms is the variance of its samples, so that a constant offset is
// silence. It is loud where it is 9 dB above the noise floor, the quietest frame of the last four
// seconds, and above −60 dB of full scale. So a steady noise counts as speech for four seconds at
// most; what is before the stream counts as silent, and no first word is missed.
//
// Speech begins with three loud frames in a row: a click is none. Until it has been quiet for
// 200 ms each loud frame belongs to it. Samples that are not numbers count as silent.
//
// In memory of constant size. Any one thread may use it.
class VoiceActivity {
public:
    static constexpr std::size_t kFrameSamples = 320;

    // Takes samples to the end of the frame at most, and returns how many it took: at least one
    // unless there are none.
    std::size_t take(std::span<const float> samples);

    // Whether the last sample taken was the last of its frame. What follows changes only there.
    bool isAtFrameEnd() const noexcept { return m_inFrame == 0; }

    // Whether the last frame was loud, and how many before it were without a quiet one between.
    bool isLoud() const noexcept { return m_loudFrames > 0; }
    std::uint64_t loudFrames() const noexcept { return m_loudFrames; }

    bool isSpeaking() const noexcept { return m_isSpeaking; }

    // Frames since the last that belonged to speech; without any, since the beginning.
    std::uint64_t silentFrames() const noexcept { return m_silentFrames; }

private:
    static constexpr std::size_t kFloorParts = 8;

    void endFrame();
    void follow(double energy);
    double floor() const noexcept;

    // Of the frame that is not over.
    double m_sum = 0.0;
    double m_squares = 0.0;
    std::size_t m_inFrame = 0;

    // The quietest frame of each of the last half seconds; the first is the one under way.
    std::array<double, kFloorParts> m_quietest{};
    std::size_t m_framesInPart = 0;

    std::uint64_t m_loudFrames = 0;
    std::uint64_t m_silentFrames = 0;
    bool m_isSpeaking = false;
};

}  // namespace app
