#pragma once

#include <QWidget>

#include "ui/sound.h"

class QLabel;

namespace ui {

class Button;
class Waveform;

// A sound in one line: a button that plays and stops it, its waveform, in which one can go
// elsewhere, its position and its length. Plays nothing itself: it says what is wanted, and is told
// what is being played.
class SoundBar : public QWidget {
    Q_OBJECT

public:
    explicit SoundBar(QWidget* parent = nullptr);

    // At its beginning, unless it is the same.
    void setSound(const Sound& sound);
    const Sound& sound() const { return m_sound; }

    // Follows what is being played if it is this sound.
    void setPlayback(const Playback& playback);

signals:
    void playRequested(const ui::Sound& sound, double fromSeconds);
    void stopRequested();

private:
    double position() const;  // seconds
    void toggle();
    void onSought();
    void updateButton();
    void updateTime();

    Sound m_sound;
    bool m_isPlaying = false;
    Button* m_button;
    Waveform* m_waveform;
    QLabel* m_time;
};

}  // namespace ui
