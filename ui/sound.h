#pragma once

#include <QString>
#include <QVector>
#include <span>
#include <vector>

#include "ui/peaks.h"

namespace ui {

constexpr int kSoundRateHz = 16000;

// A sound as the window shows, plays and saves it, and as a model hears it: 16 kHz, one channel.
// Until it has been read, only the name is there.
//
// The samples themselves are kept, and not where they came from: a recording has no file, and a
// file may be gone when its message is sent once more. A minute takes 2 MB; copies share them.
struct Sound {
    QString name;  // as a file would be called
    QVector<qint16> samples;
    Peaks peaks;  // of the samples

    std::span<const qint16> span() const
    {
        return {samples.constData(), static_cast<std::size_t>(samples.size())};
    }
    double seconds() const { return static_cast<double>(samples.size()) / kSoundRateHz; }

    // Whether it is a copy of the other.
    bool isSame(const Sound& other) const
    {
        return !samples.isEmpty() && samples.constData() == other.samples.constData();
    }
};

Sound makeSound(const QString& name, const QVector<qint16>& samples);

// As a model wants it and as microphones give it: in [-1, 1]. What is louder is cut.
QVector<qint16> toSamples(std::span<const float> sound);
std::vector<float> toFloats(std::span<const qint16> samples);

// What is played, and where in it one is; also after it was stopped, to go on there.
struct Playback {
    Sound sound;
    double seconds = 0;
    bool isPlaying = false;
};

// "0:07", "12:30".
QString clockText(double seconds);

}  // namespace ui
