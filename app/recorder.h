#pragma once

#include <QObject>
#include <QString>
#include <QThread>
#include <QVector>
#include <functional>
#include <memory>

#include "app/sound_system.h"
#include "app/spoken_turn.h"

namespace app {

// How a recording goes, many times a second.
struct RecordingState {
    double seconds = 0;  // recorded, without pauses
    float levelDb = 0;   // see LevelMeter
    float peakDb = 0;
    bool isClipped = false;
    bool isSpeaking = false;
    QString lost;  // a sentence, where something was
};

struct RecordingOptions {
    QString device;  // by name; empty: the system's default
    SpokenTurn::End end = SpokenTurn::End::ByHand;
    quint64 samplesPerClip = 0;  // of the model
};

enum class RecordingEnd {
    Complete,  // by finish(), or a pause
    Broken,    // the device is gone
};

// Records beside the window's thread, one recording at a time. Calls return at once; what comes of
// them arrives as signals, with the number that start() returned, on the thread of the receiver.
//
// Destroying it closes the microphone, and waits for that.
class Recorder : public QObject {
    Q_OBJECT

public:
    using OpenSystem = std::function<engine::Result<std::unique_ptr<SoundSystem>>()>;

    // `openSystem` is called on another thread.
    explicit Recorder(OpenSystem openSystem, QObject* parent = nullptr);
    ~Recorder() override;

    // devicesListed() follows. While a recording is under way, what is plugged in is not seen.
    void listDevices();

    // Gives up the recording that is under way, if there is one.
    int start(const RecordingOptions& options);

    // What is said meanwhile is not recorded; the level is shown.
    void setPaused(bool isPaused);

    // ended() follows, after what was heard until now.
    void finish();

    // Nothing more is heard of it.
    void cancel();

signals:
    // The system's default first.
    void devicesListed(const QStringList& names);

    // The first sound is there: who speaks now is heard.
    void started(int recording);
    // All of the sound; for people to keep.
    void recorded(int recording, const QVector<float>& samples);
    // What is for the model: see SpokenTurn.
    void spoken(int recording, const QVector<float>& samples, bool endsClip);
    void changed(int recording, const app::RecordingState& state);
    // Of its own or by finish(). `notice` is a sentence or empty.
    void ended(int recording, app::RecordingEnd end, const QString& notice);
    // It could not be started.
    void failed(int recording, const QString& sentence);

private:
    class Worker;

    QThread m_thread;
    Worker* m_worker;  // lives on m_thread
    int m_current = 0;
};

}  // namespace app
