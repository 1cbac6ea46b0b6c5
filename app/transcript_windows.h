#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QString>
#include <unordered_map>
#include <vector>

#include "app/assistant.h"
#include "app/transcript.h"

class QWidget;

namespace ui {
class TranscriptWindow;
}  // namespace ui

namespace app {

// Writes down sound files, each in a window of its own, and exports what was written. Lives on the
// window's thread and never waits.
class TranscriptWindows : public QObject {
    Q_OBJECT

public:
    // Windows that are opened stand before `parent`, and close with it.
    TranscriptWindows(Assistant* assistant, QWidget* parent);
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
    QWidget* m_parent;
    std::unordered_map<int, Transcript> m_transcripts;  // by the assistant's numbers
};

}  // namespace app
