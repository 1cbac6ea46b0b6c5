#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QString>
#include <unordered_map>
#include <vector>

#include "app/assistant.h"
#include "app/transcript.h"

namespace ui {
class TranscriptWindow;
}  // namespace ui

namespace app {

// Writes down sound files, each in a window of its own, and exports what was written. The windows
// stay when the main window is closed, as what took an hour is not to be lost by that; destroying
// this closes them. Lives on the window's thread and never waits.
class TranscriptWindows : public QObject {
    Q_OBJECT

public:
    explicit TranscriptWindows(Assistant* assistant);
    ~TranscriptWindows() override;

    void open(const QString& path);

private:
    // A file that is being written down, or has been.
    struct Transcript {
        QPointer<ui::TranscriptWindow> window;
        std::vector<TranscriptCue> cues;
        QElapsedTimer started;  // once the first of it is heard
        bool isOver = false;
    };

    void onProgressed(int number, qint64 heardMs, qint64 lengthMs);
    void onCueWritten(int number, const WrittenCue& cue);
    void onEnded(int number, bool isComplete);
    void onFailed(int number, const Problem& problem);
    void waitForAnswer();
    void save(int number, const QString& path);
    void close(int number);

    Transcript* find(int number);

    Assistant* m_assistant;
    std::unordered_map<int, Transcript> m_transcripts;  // by the assistant's numbers
};

}  // namespace app
