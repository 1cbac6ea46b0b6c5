#pragma once

#include <QFrame>

class QLabel;

namespace ui {

class Button;
class LevelBar;

// Stands above the composer while a microphone records: how long, how loud, and whether anything
// was lost; with buttons to pause and to give up. The composer's own button sends.
class RecordingBar : public QFrame {
    Q_OBJECT

public:
    explicit RecordingBar(QWidget* parent = nullptr);

    // Shows it, waiting for the microphone.
    void begin();

    void setProgress(double seconds, bool isSpeaking);
    void setLevel(float levelDb, float peakDb, bool isClipped);

    // A sentence, which stays; empty: nothing was lost.
    void setLost(const QString& sentence);

    void setPaused(bool isPaused);
    bool isPaused() const { return m_isPaused; }

signals:
    void pauseRequested(bool pause);
    void cancelRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void updateTexts();

    QLabel* m_state;
    QLabel* m_time;
    LevelBar* m_level;
    QLabel* m_lost;
    Button* m_pause;
    Button* m_cancel;
    bool m_hasStarted = false;
    bool m_isPaused = false;
    bool m_isSpeaking = false;
    double m_seconds = 0;
};

}  // namespace ui
