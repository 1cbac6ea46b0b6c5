#pragma once

#include <cstddef>
#include <span>

namespace app {

// How loud a microphone is, in decibels below digital full scale, for a meter that is looked at.
// Time is counted in samples. A constant offset, which cheap microphones have, is no sound.
class LevelMeter {
public:
    static constexpr float kFloorDb = -60.0F;  // and all below it

    explicit LevelMeter(double rateHz);

    void push(std::span<const float> samples);

    // A sample touched full scale, in this channel or before channels were mixed.
    void markClip();

    // Of about the last 50 ms, in [kFloorDb, 0].
    float levelDb() const;

    // The highest sample, held for a second, then falling; in [kFloorDb, 0].
    float peakDb() const;

    // Whether a sample touched full scale in the last two seconds.
    bool isClipped() const { return m_clipLeft > 0; }

private:
    void pushSample(float sample);

    float m_offsetGain;
    float m_powerGain;
    float m_peakGain;  // by which a peak falls with each sample
    std::ptrdiff_t m_peakHold;
    std::ptrdiff_t m_clipHold;

    bool m_isFirst = true;
    float m_offset = 0.0F;
    float m_power = 0.0F;
    float m_peak = 0.0F;
    std::ptrdiff_t m_peakLeft = 0;
    std::ptrdiff_t m_clipLeft = 0;
};

}  // namespace app
