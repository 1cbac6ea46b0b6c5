#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QVector>

#include "app/recorder.h"

namespace ui {
class MainWindow;
}

namespace app {

class ChatController;
class Settings;

// Turns what people do to speak (the button, a key that they tap or hold, the menu) and what the
// microphone hears into a message. What is said goes to the model while it is said; in the end it
// is a sound in the message, with the text that is written. What was recorded and cannot be sent
// becomes an attachment. Lives on the window's thread.
class SpeechController : public QObject {
    Q_OBJECT

public:
    SpeechController(ChatController* chat, ui::MainWindow* window, Settings* settings,
                     Recorder::OpenSystem openSystem, QObject* parent = nullptr);

    // Starts to record, or ends it and sends.
    void toggle();
    // The chat is as before.
    void cancel();
    bool isRecording() const { return m_recording != 0; }

private:
    void connectWindow();
    void connectRecorder();
    void start();
    void onKeyPressed();
    void onKeyReleased();
    void onRecorded(const QVector<float>& samples);
    void onChanged(const RecordingState& state);
    void onEnded(RecordingEnd end, const QString& notice);
    void onFailed(const QString& sentence);
    void leaveRecording();
    void showNotice(const QString& sentence);

    ChatController* m_chat;
    ui::MainWindow* m_window;
    Settings* m_settings;
    Recorder m_recorder;
    int m_recording = 0;        // 0: none
    bool m_isForModel = false;  // something was
    bool m_isKeyHeld = false;   // that began this recording
    QElapsedTimer m_keyTimer;
    QVector<qint16> m_samples;
    int m_count = 0;  // of recordings, for their names
};

}  // namespace app
