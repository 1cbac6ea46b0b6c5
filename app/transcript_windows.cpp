#include "app/transcript_windows.h"

#include <QDir>
#include <QFileInfo>
#include <chrono>

#include "app/conversion.h"
#include "engine/result.h"
#include "ui/transcript_window.h"

namespace app {

namespace {

QString clock(qint64 milliseconds)
{
    return toText(std::string_view(clockText(std::chrono::milliseconds(milliseconds))));
}

engine::Result<void> writeTranscript(const std::filesystem::path& path,
                                     const std::vector<TranscriptCue>& cues)
{
    ENGINE_TRY(auto file, TranscriptFile::create(path, formatOf(path)));
    for (const TranscriptCue& cue : cues)
        ENGINE_TRY_VOID(file.add(cue));
    return file.finish();
}

}  // namespace

TranscriptWindows::TranscriptWindows(Assistant* assistant) : m_assistant(assistant)
{
    connect(assistant, &Assistant::transcriptionProgressed, this, &TranscriptWindows::onProgressed);
    connect(assistant, &Assistant::cueWritten, this, &TranscriptWindows::onCueWritten);
    connect(assistant, &Assistant::transcribed, this, &TranscriptWindows::onEnded);
    connect(assistant, &Assistant::transcriptionFailed, this, &TranscriptWindows::onFailed);
    connect(assistant, &Assistant::messageProgressed, this, &TranscriptWindows::waitForAnswer);
    connect(assistant, &Assistant::messageRead, this, &TranscriptWindows::waitForAnswer);
}

TranscriptWindows::~TranscriptWindows()
{
    while (!m_transcripts.empty())
        delete m_transcripts.begin()->second.window;  // which forgets it: close()
}

void TranscriptWindows::open(const QString& path)
{
    const int number = m_assistant->transcribe(path);
    auto* window = new ui::TranscriptWindow(QFileInfo(path).fileName());
    m_transcripts[number].window = window;
    connect(window, &ui::TranscriptWindow::stopRequested, this,
            [this, number] { m_assistant->stopTranscription(number); });
    connect(window, &ui::TranscriptWindow::exportRequested, this,
            [this, number](const QString& file) { save(number, file); });
    connect(window, &QObject::destroyed, this, [this, number] { close(number); });
    window->showProgress(-1, tr("Waiting until the model has time: it is opening, or finishes "
                                "something else first."));
    window->show();
}

void TranscriptWindows::onProgressed(int number, qint64 heardMs, qint64 lengthMs)
{
    Transcript* transcript = find(number);
    if (!transcript || transcript->isOver)
        return;
    if (!transcript->started.isValid())
        transcript->started.start();
    if (lengthMs <= 0 || heardMs <= 0 || heardMs > lengthMs) {
        transcript->window->showProgress(-1, tr("%1 heard").arg(clock(heardMs)));
        return;
    }
    const double fraction = static_cast<double>(heardMs) / static_cast<double>(lengthMs);
    QString state = tr("%1 of %2 heard").arg(clock(heardMs), clock(lengthMs));
    const qint64 elapsed = transcript->started.elapsed();
    if (elapsed >= 2000) {
        const auto left =
            static_cast<qint64>(static_cast<double>(elapsed) * (1 - fraction) / fraction);
        state = tr("%1, about %2 left").arg(state, clock(left));
    }
    transcript->window->showProgress(fraction, state);
}

void TranscriptWindows::onCueWritten(int number, const WrittenCue& cue)
{
    Transcript* transcript = find(number);
    if (!transcript)
        return;
    using std::chrono::milliseconds;
    transcript->cues.push_back(
        {milliseconds(cue.beginMs), milliseconds(cue.endMs), toUtf8(cue.text)});
    transcript->window->add(clock(cue.beginMs), cue.text.simplified());
}

void TranscriptWindows::onEnded(int number, bool isComplete)
{
    Transcript* transcript = find(number);
    if (!transcript)
        return;
    transcript->isOver = true;
    QString sentence;
    if (!isComplete)
        sentence = tr("Stopped. What was written down until then can be copied and exported.");
    else if (transcript->cues.empty())
        sentence = tr("Nobody speaks in this file, as far as can be heard.");
    else
        sentence = tr("Done.");
    transcript->window->finish(sentence);
}

void TranscriptWindows::onFailed(int number, const Problem& problem)
{
    Transcript* transcript = find(number);
    if (!transcript)
        return;
    transcript->isOver = true;
    transcript->window->finish(problem.sentence);
}

// Between two clips the model answers what was asked meanwhile.
void TranscriptWindows::waitForAnswer()
{
    for (auto& [number, transcript] : m_transcripts) {
        if (!transcript.isOver && transcript.window)
            transcript.window->showState(tr("Goes on when the answer is finished."));
    }
}

void TranscriptWindows::save(int number, const QString& path)
{
    Transcript* transcript = find(number);
    if (!transcript)
        return;
    const auto written = writeTranscript(toPath(path), transcript->cues);
    if (written)
        transcript->window->showExported(QDir::toNativeSeparators(path));
    else
        transcript->window->showState(toProblem(written.error()).sentence);
}

void TranscriptWindows::close(int number)
{
    m_assistant->stopTranscription(number);
    m_transcripts.erase(number);
}

TranscriptWindows::Transcript* TranscriptWindows::find(int number)
{
    const auto found = m_transcripts.find(number);
    return found == m_transcripts.end() || !found->second.window ? nullptr : &found->second;
}

}  // namespace app
