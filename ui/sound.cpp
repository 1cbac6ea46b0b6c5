#include "ui/sound.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {

namespace {

constexpr float kFullScale = 32768;

}  // namespace

Sound makeSound(const QString& name, const QVector<qint16>& samples)
{
    Sound sound{name, samples, {}};
    sound.peaks.add(sound.span());
    return sound;
}

QVector<qint16> toSamples(std::span<const float> sound)
{
    constexpr float kLeast = std::numeric_limits<qint16>::min();
    constexpr float kMost = std::numeric_limits<qint16>::max();
    QVector<qint16> samples;
    samples.reserve(static_cast<qsizetype>(sound.size()));
    for (const float sample : sound)
        samples << static_cast<qint16>(
            std::clamp(std::nearbyint(sample * kFullScale), kLeast, kMost));
    return samples;
}

std::vector<float> toFloats(std::span<const qint16> samples)
{
    std::vector<float> floats;
    floats.reserve(samples.size());
    for (const qint16 sample : samples)
        floats.push_back(static_cast<float>(sample) / kFullScale);
    return floats;
}

QString clockText(double seconds)
{
    const auto whole = static_cast<qint64>(seconds);
    return QStringLiteral("%1:%2").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
}

}  // namespace ui
