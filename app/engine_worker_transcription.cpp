// The part of EngineWorker that writes down sound files; the rest is in engine_worker.cpp.

#include <QMetaObject>
#include <utility>

#include "app/conversion.h"
#include "app/engine_worker.h"
#include "app/engine_worker_state.h"

namespace app {

int EngineWorker::transcribe(const QString& path)
{
    const int number = ++m_lastJob;
    post([this, number, path, stop = m_transcriptionStops[number].get_token()] {
        beginTranscription(number, path, stop);
    });
    return number;
}

void EngineWorker::stopTranscription(int number)
{
    const auto found = m_transcriptionStops.find(number);
    if (found == m_transcriptionStops.end())
        return;
    found->second.request_stop();
    m_transcriptionStops.erase(found);
}

void EngineWorker::beginTranscription(int number, const QString& path, const std::stop_token& stop)
{
    const auto begin = [&]() -> engine::Result<void> {
        if (!m_engine->model)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "No model is open that can hear; open one and try again"};
        ENGINE_TRY(SoundFile file, SoundFile::open(toPath(path)));
        ENGINE_TRY(auto transcription, Transcription::create(m_engine->model, std::move(file)));
        m_engine->transcriptions.emplace(number, std::move(transcription));
        return {};
    };
    if (const auto begun = begin(); !begun) {
        m_engine->noteFailure(begun.error());
        emit transcriptionFailed(number, toProblem(begun.error()));
        return;
    }
    goOnTranscribing(number, stop);
}

// A clip at a time: what was asked meanwhile has been posted before the next.
void EngineWorker::goOnTranscribing(int number, const std::stop_token& stop)
{
    const auto found = m_engine->transcriptions.find(number);
    if (found == m_engine->transcriptions.end()) {
        emit transcriptionFailed(number, {Problem::Kind::BadInput,
                                          tr("The model that was listening has been closed; what "
                                             "it wrote down until then is kept.")});
        return;
    }
    Transcription& transcription = found->second;
    const auto progress = [&](std::uint64_t) {
        emit transcriptionProgressed(number, transcription.heard().count(),
                                     transcription.length().count());
    };
    const auto step = transcription.next(progress, stop);
    const bool isStopped = !step && step.error().code == engine::ErrorCode::Cancelled;
    if (step && step->cue)
        emit cueWritten(number, {step->cue->begin.count(), step->cue->end.count(),
                                 toText(std::string_view(step->cue->text))});
    if (step && !step->isAtEnd) {
        QMetaObject::invokeMethod(
            m_context, [this, number, stop] { goOnTranscribing(number, stop); },
            Qt::QueuedConnection);
        return;
    }
    m_engine->transcriptions.erase(found);
    if (step || isStopped) {
        emit transcribed(number, !isStopped);
        return;
    }
    m_engine->noteFailure(step.error());
    emit transcriptionFailed(number, toProblem(step.error()));
}

}  // namespace app
