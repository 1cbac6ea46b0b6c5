#pragma once

#include <QByteArrayView>
#include <QString>
#include <functional>

#include "engine/result.h"
#include "ui/sound.h"

namespace app {

// The most that a message takes of one sound: 19 MB of samples, and more than most contexts hold.
constexpr int kMostSoundMinutes = 10;

// Whether a file is a sound, by its first bytes; or, as most programs see it, by its name.
bool isSound(QByteArrayView firstBytes);
bool hasSoundName(const QString& path);

// Reads a file whole, as SoundFile does. On any thread; `progress` is told how far it is, in [0,
// 1], as long as it can be said. Fails with InvalidInput, with a sentence that names the file
// without its folder, where SoundFile does, and where nothing could be heard in it, as it is too
// short. Longer files than kMostSoundMinutes fail with ContextFull.
engine::Result<ui::Sound> readSound(const QString& path,
                                    const std::function<void(double fraction)>& progress);

// Writes FLAC or WAV, by the ending of the name: 16 kHz, one channel, 16 bits. What was there
// stays unless all could be written. Fails with InvalidInput.
engine::Result<void> writeSound(const ui::Sound& sound, const QString& path);

}  // namespace app
