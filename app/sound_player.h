#pragma once

#include <QObject>
#include <QThreadPool>
#include <atomic>
#include <memory>

#include "app/sound_output.h"
#include "ui/sound.h"

namespace app {

// Plays one sound at a time, and says where in it one is. Lives on the window's thread and never
// waits: the device is waited for beside it. Destroying it stops.
class SoundPlayer : public QObject {
    Q_OBJECT

public:
    explicit SoundPlayer(std::unique_ptr<SoundOutput> output, QObject* parent = nullptr);
    ~SoundPlayer() override;

    // In place of what is being played.
    void play(const ui::Sound& sound, double fromSeconds);
    void stop();

    const ui::Playback& playback() const { return m_playback; }

signals:
    void changed(const ui::Playback& playback);
    void failed(const QString& sentence);

    // From the thread that plays. Of an earlier job nothing is heeded any more.
    void heard(int job, double seconds);
    void ended(int job);
    void broke(int job, const QString& sentence);

private:
    struct Job {
        int number = 0;
        ui::Sound sound;
        qsizetype first = 0;
        std::shared_ptr<std::atomic<bool>> isStopped;
    };

    void run(const Job& job);
    engine::Result<void> writeAll(const Job& job);
    void setPlayback(double seconds, bool isPlaying);

    std::unique_ptr<SoundOutput> m_output;  // of the thread that plays
    QThreadPool m_pool;                     // of that thread
    std::shared_ptr<std::atomic<bool>> m_isStopped = std::make_shared<std::atomic<bool>>(true);
    ui::Playback m_playback;
    int m_job = 0;
};

}  // namespace app
