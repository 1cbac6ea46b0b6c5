#include "app/level_meter.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace app {

namespace {

constexpr double kOffsetHz = 10.0;  // below what is heard
constexpr double kLevelSeconds = 0.05;
constexpr double kPeakFallDb = 20.0;  // per second
constexpr double kPeakHoldSeconds = 1.0;
constexpr double kClipHoldSeconds = 2.0;
constexpr float kNoPower = 1e-20F;  // in hours of silence it would get too small to be fast

float decibels(float amplitude)
{
    if (!(amplitude > 0.0F))
        return LevelMeter::kFloorDb;
    return std::clamp(20.0F * std::log10(amplitude), LevelMeter::kFloorDb, 0.0F);
}

}  // namespace

LevelMeter::LevelMeter(double rateHz)
    : m_offsetGain(static_cast<float>(2.0 * std::numbers::pi * kOffsetHz / rateHz))
    , m_powerGain(static_cast<float>(1.0 / (kLevelSeconds * rateHz)))
    , m_peakGain(static_cast<float>(std::pow(10.0, -kPeakFallDb / 20.0 / rateHz)))
    , m_peakHold(std::lround(kPeakHoldSeconds * rateHz))
    , m_clipHold(std::lround(kClipHoldSeconds * rateHz))
{
}

void LevelMeter::push(std::span<const float> samples)
{
    for (const float sample : samples)
        pushSample(sample);
}

void LevelMeter::markClip()
{
    m_clipLeft = m_clipHold;
}

float LevelMeter::levelDb() const
{
    return decibels(std::sqrt(m_power));
}

float LevelMeter::peakDb() const
{
    return decibels(m_peak);
}

void LevelMeter::pushSample(float sample)
{
    if (m_isFirst)
        m_offset = sample;
    m_isFirst = false;
    m_offset += (sample - m_offset) * m_offsetGain;
    const float sound = std::abs(sample - m_offset);
    m_power += (sound * sound - m_power) * m_powerGain;
    if (m_power < kNoPower)
        m_power = 0.0F;

    if (m_peakLeft > 0)
        --m_peakLeft;
    else
        m_peak *= m_peakGain;
    if (sound >= m_peak) {
        m_peak = sound;
        m_peakLeft = m_peakHold;
    }
    if (m_clipLeft > 0)
        --m_clipLeft;
}

}  // namespace app
