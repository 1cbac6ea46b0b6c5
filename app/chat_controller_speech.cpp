// What ChatController does with a message that is spoken. It goes to the model while it is said;
// where that cannot be, what was recorded is attached and sent as a sound that was dropped is.

#include <utility>

#include "app/chat_controller.h"
#include "ui/conversation_model.h"
#include "ui/main_window.h"

namespace app {

std::optional<quint64> ChatController::beginSpeech()
{
    if (isLoading() || isAnswering() || m_isHearing)
        return std::nullopt;
    if (!m_model) {
        showProblem({Problem::Kind::BadInput, tr("No model is open. Open one to get an answer.")},
                    {ui::Remedy::OpenModel});
        return std::nullopt;
    }
    if (const QString hint = hintFor(true); !hint.isEmpty()) {
        showProblem({Problem::Kind::BadInput, hint}, {ui::Remedy::OpenModel});
        return std::nullopt;
    }
    m_isHearing = true;
    m_attachments.beginSending();
    if (m_attachments.isReadyToSend()) {
        m_heardMedia = m_attachments.takeSent();
        prepareAnswer();
        m_listenJob = m_assistant->listen(numbersOf(m_heardMedia));
    } else {
        m_attachments.cancelSending();
    }
    updateMode();
    return static_cast<quint64>(m_model->samplesPerClip);
}

void ChatController::hear(const QVector<float>& samples, bool endsClip)
{
    if (m_listenJob)
        m_assistant->hear(samples, endsClip);
}

void ChatController::sendSpeech(const ui::Sound& sound)
{
    const QString text = m_window->composer().text();
    const Problem problem = std::exchange(m_hearingProblem, {});
    const std::optional<int> job = std::exchange(m_listenJob, {});
    QVector<EncodedMedium> media = std::exchange(m_heardMedia, {});
    m_isHearing = false;
    updateMode();
    if (!job) {
        m_attachments.add(sound);
        send(text);
        return;
    }
    media << EncodedMedium{sound, {}};
    m_window->composer().clearText();
    begin(text, mediaOf(media));
    m_conversation->setLastMark(m_sizes.mark());
    m_messageRead = false;
    m_isStopping = false;
    m_sentMedia = media;
    m_answerJob = job;
    m_assistant->answerHeard(text);
    updateMode();
    if (!problem.sentence.isEmpty())
        showProblem(problem, {});
}

void ChatController::keepSpeech(const ui::Sound& sound)
{
    cancelSpeech();
    attach(sound);
}

void ChatController::cancelSpeech()
{
    if (!m_isHearing)
        return;
    m_isHearing = false;
    m_hearingProblem = {};
    if (std::exchange(m_listenJob, {}))
        m_assistant->cancelListening();
    m_attachments.putBack(std::exchange(m_heardMedia, {}));
    updateMode();
}

void ChatController::forgetSpeech()
{
    if (!m_isHearing)
        return;
    cancelSpeech();
    emit speechForgotten();
}

// What was heard before can be answered: the person sees why it is no more.
void ChatController::onHearingFailed(int job, const Problem& problem)
{
    if (job != m_listenJob)
        return;
    m_hearingProblem = problem;
    emit speechRefused();
}

// It is sent as a whole when it is over, and what goes wrong then is said then.
void ChatController::onListeningFailed()
{
    m_listenJob.reset();
    m_attachments.putBack(std::exchange(m_heardMedia, {}));
}

}  // namespace app
