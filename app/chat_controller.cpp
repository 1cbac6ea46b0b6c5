#include "app/chat_controller.h"

#include "ui/conversation_model.h"
#include "ui/load_progress.h"
#include "ui/main_window.h"
#include "ui/status_line.h"

namespace app {

using Speaker = ui::ConversationModel::Speaker;
using State = ui::ConversationModel::State;
using Mode = ui::Composer::Mode;

ChatController::ChatController(Assistant* assistant, ui::MainWindow* window,
                               ui::ConversationModel* conversation, const QString& embeddedModel,
                               std::unique_ptr<SoundOutput> speaker, QObject* parent)
    : QObject(parent)
    , m_assistant(assistant)
    , m_window(window)
    , m_conversation(conversation)
    , m_embeddedModel(embeddedModel)
    , m_attachments(assistant, &window->attachments())
    , m_player(std::move(speaker))
    , m_sizes(assistant, &window->status())
{
    connectWindow();
    connectAssistant();
    showWelcome();
}

void ChatController::load(const QString& path)
{
    open({path}, Assistant::LoadMode::KeepCurrent);
}

void ChatController::open(const ModelFiles& files, Assistant::LoadMode mode)
{
    if (m_loadJob && !m_assistant->cancelLoad())
        return;  // the other one is just opening
    stop();
    forgetSpeech();
    m_window->notice().hide();
    m_loadingFiles = files;
    m_loadJob = m_assistant->load(files, mode);
    if (mode == Assistant::LoadMode::ReleaseCurrent)
        forgetModel();
    m_window->loadProgress().begin(titleOf(files.model));
    showWelcome();
    updateMode();
}

void ChatController::loadEncoder(const QString& path)
{
    if (m_model)
        open({m_modelFiles.model, path}, Assistant::LoadMode::KeepCurrent);
}

void ChatController::cancelLoad()
{
    if (!m_loadJob || !m_assistant->cancelLoad())
        return;
    m_loadJob.reset();
    m_window->loadProgress().hide();
    showWelcome();
    updateMode();
    if (!m_model)
        showProblem({Problem::Kind::Cancelled, tr("No model is open. Open one to start.")},
                    {ui::Remedy::OpenModel});
}

void ChatController::send(const QString& text)
{
    const bool hasMessage = !text.trimmed().isEmpty() || !m_attachments.isEmpty();
    if (!hasMessage || isLoading() || isAnswering() || m_isHearing)
        return;
    if (!m_model) {
        showProblem({Problem::Kind::BadInput, tr("No model is open. Open one to get an answer.")},
                    {ui::Remedy::OpenModel});
        return;
    }
    QString hint = m_attachments.hasPictures() ? hintFor(false) : QString();
    if (hint.isEmpty() && m_attachments.hasSounds())
        hint = hintFor(true);
    if (!hint.isEmpty()) {
        showProblem({Problem::Kind::BadInput, hint}, {ui::Remedy::OpenModel});
        return;
    }
    if (m_window->composer().text() == text)
        m_window->composer().clearText();
    m_attachments.beginSending();
    begin(text, m_attachments.sendingMedia());
    m_isEncoding = true;
    updateMode();
    onSendingChanged();
}

void ChatController::attach(const ui::GivenMedia& given)
{
    if (given.isAddressOnly)
        showProblem({Problem::Kind::BadInput,
                     tr("The browser gave the picture's address only, and Nestling opens no "
                        "connections. Copy the picture there, and paste it here.")},
                    {});
    QString hint;
    for (const MediaSource& source : sourcesIn(given)) {
        const bool isSound = std::holds_alternative<ui::Sound>(unreadMedium(source));
        const QString missing = hintFor(isSound);
        if (missing.isEmpty())
            m_attachments.add(source);
        else
            hint = missing;
    }
    if (!hint.isEmpty())
        showProblem({Problem::Kind::BadInput, hint}, {ui::Remedy::OpenModel});
}

void ChatController::attach(const ui::Sound& sound)
{
    if (const QString hint = hintFor(true); !hint.isEmpty())
        showProblem({Problem::Kind::BadInput, hint}, {ui::Remedy::OpenModel});
    else
        m_attachments.add(sound);
}

QString ChatController::hintFor(bool isSound) const
{
    if (!m_model)
        return {};  // it waits for one
    if (isSound)
        return m_model->hearsSound ? QString() : m_model->audioHint;
    return m_model->seesPictures ? QString() : m_model->visionHint;
}

void ChatController::stop()
{
    if (!isAnswering() || m_isStopping)
        return;
    if (m_isEncoding) {
        takeBackMessage();
        finishAnswer();
        return;
    }
    m_isStopping = true;
    updateMode();
    m_assistant->stop();
}

void ChatController::newChat()
{
    forgetSpeech();
    // What the answer under way still says belongs to no row any more.
    if (m_isEncoding) {
        takeBackMessage();
        finishAnswer();
    } else if (isAnswering()) {
        m_assistant->stop();
        finishAnswer();
    }
    m_assistant->newChat();
    m_conversation->truncate(0);
    forgetExchanges();
    forget(m_sentMedia);
    m_sentMedia.clear();
    m_player.stop();  // what it plays stands nowhere any more
    m_window->notice().hide();
    showProgress({});
    showWelcome();
    updateMode();
    m_window->composer().focusField();
}

void ChatController::editLast()
{
    if (isAnswering() || isLoading() || m_isHearing || m_exchanges.empty())
        return;
    const EncodedMessage message = takeLastExchange();
    m_window->composer().takeBack(message.text);
    m_attachments.putBack(message.media);
    m_window->composer().focusField();
}

void ChatController::apply(ui::Remedy remedy)
{
    switch (remedy) {
    case ui::Remedy::OpenModel:
        m_window->offerModels();
        return;
    case ui::Remedy::ReloadModel:
        open(m_modelFiles.model.isEmpty() ? m_loadingFiles : m_modelFiles,
             Assistant::LoadMode::KeepCurrent);
        return;
    case ui::Remedy::ReplaceModel:
        open(m_loadingFiles, Assistant::LoadMode::ReleaseCurrent);
        return;
    case ui::Remedy::NewChat:
        newChat();
        return;
    case ui::Remedy::AnswerAgain:
        answerAgain();
        return;
    case ui::Remedy::Transcribe:
        emit transcriptRequested(m_refusedFile);
        return;
    }
}

void ChatController::onLoadProgressed(int job, quint64 bytesDone, quint64 bytesTotal)
{
    if (job == m_loadJob)
        m_window->loadProgress().setProgress(bytesDone, bytesTotal);
}

void ChatController::onLoaded(int job, const ModelSummary& model)
{
    if (job != m_loadJob)
        return;
    m_loadJob.reset();
    m_model = model;
    m_sizes.setModel(m_model);
    m_modelFiles = m_loadingFiles;
    forgetExchanges();
    m_attachments.forgetEncoded();
    m_attachments.setSenses({model.seesPictures, model.hearsSound, model.samplesPerClip});
    m_window->loadProgress().hide();
    if (!m_conversation->isEmpty())
        m_conversation->append(
            Speaker::Note,
            tr("%1 is open. It starts afresh and has not read what is above.").arg(model.name));
    m_window->status().setSpeed(0);
    showProgress({});
    showWelcome();
    updateMode();
    emit modelOpened(m_modelFiles.model);
}

void ChatController::onLoadFailed(int job, const Problem& problem)
{
    if (job != m_loadJob)
        return;
    m_loadJob.reset();
    if (problem.kind == Problem::Kind::DeviceLost)
        forgetModel();
    m_window->loadProgress().hide();
    showWelcome();
    updateMode();
    QVector<ui::Remedy> remedies;
    if (problem.kind == Problem::Kind::OutOfMemory && m_model)
        remedies << ui::Remedy::ReplaceModel;
    if (problem.kind == Problem::Kind::NoDevice || problem.kind == Problem::Kind::DeviceLost)
        remedies << ui::Remedy::ReloadModel;
    else
        remedies << ui::Remedy::OpenModel;
    showProblem(problem, remedies);
}

void ChatController::onMessageProgressed(int job, double fraction)
{
    if (job == m_answerJob && !m_messageRead)
        m_conversation->setLastProgress(fraction);
}

void ChatController::onMessageRead(int job, const AnswerProgress& progress)
{
    if (job != m_answerJob)
        return;
    m_messageRead = true;
    m_exchanges.push_back({m_conversation->lastRowOf(Speaker::Person), m_sentMedia});
    m_sentMedia.clear();
    showProgress(progress);
}

void ChatController::onTextArrived(int job, const QString& text, const AnswerProgress& progress)
{
    if (job != m_answerJob)
        return;
    m_conversation->appendText(text);
    showProgress(progress);
}

void ChatController::onAnswered(int job, AnswerEnd end, const AnswerProgress& progress)
{
    if (job != m_answerJob)
        return;
    showProgress(progress);
    m_sizes.noteAnswer(progress);
    m_conversation->setLastMark(m_sizes.mark());
    switch (end) {
    case AnswerEnd::Complete:
        if (m_conversation->row(m_conversation->count() - 1).text.isEmpty())
            m_conversation->appendText(tr("*The model chose to say nothing.*"));
        m_conversation->setLastState(State::Complete);
        break;
    case AnswerEnd::Stopped:
        m_conversation->setLastState(State::Stopped);
        break;
    case AnswerEnd::TooLong:
        m_conversation->setLastState(State::Cut);
        break;
    case AnswerEnd::ContextFull:
        m_conversation->setLastState(State::Full);
        showProblem({Problem::Kind::ContextFull,
                     tr("The context is full: this conversation has as many tokens as the model "
                        "can hold. Its text stays here until you start a new chat.")},
                    {ui::Remedy::NewChat});
        break;
    }
    finishAnswer();
}

void ChatController::onAskFailed(int job, const Problem& problem)
{
    if (job == m_listenJob)
        onListeningFailed();
    if (job != m_answerJob)
        return;
    if (m_messageRead)
        m_conversation->setLastState(State::Failed);
    else
        takeBackMessage();

    QVector<ui::Remedy> remedies;
    if (problem.kind == Problem::Kind::ContextFull)
        remedies << ui::Remedy::NewChat;
    if (problem.kind == Problem::Kind::DeviceLost) {
        remedies << ui::Remedy::ReloadModel;
        forgetModel();
    }
    if (m_messageRead && m_model)
        remedies << ui::Remedy::AnswerAgain;
    finishAnswer();
    if (problem.kind != Problem::Kind::Cancelled)
        showProblem(problem, remedies);
}

// Of what the message brings that waits for it.
void ChatController::onSendingChanged()
{
    if (!m_isEncoding)
        return;
    const int row = m_conversation->lastRowOf(Speaker::Person);
    m_conversation->setMedia(row, m_attachments.sendingMedia());
    if (m_attachments.isReadyToSend()) {
        m_isEncoding = false;
        ask(m_conversation->row(row).text, m_attachments.takeSent());
    } else {
        m_conversation->setLastState(m_attachments.isListening() ? State::Listening
                                                                 : State::Looking);
        m_conversation->setLastProgress(m_attachments.sendingProgress());
    }
}

void ChatController::onAttachmentFailed(const Problem& problem, const QString& path)
{
    QVector<ui::Remedy> remedies;
    if (problem.kind == Problem::Kind::TooLong)
        remedies << ui::Remedy::Transcribe;
    m_refusedFile = path;
    if (problem.kind == Problem::Kind::DeviceLost) {
        remedies << ui::Remedy::ReloadModel;
        forgetModel();
    }
    if (m_isEncoding) {  // the person decides whether to send it without
        takeBackMessage();
        finishAnswer();
    }
    updateMode();
    if (problem.kind != Problem::Kind::Cancelled)
        showProblem(problem, remedies);
}

void ChatController::begin(const QString& text, const QVector<ui::Medium>& media)
{
    m_window->notice().hide();
    m_conversation->append(Speaker::Person, text, State::Complete, media);
    m_conversation->append(Speaker::Assistant, {}, State::Waiting);
    m_window->composer().focusField();
}

void ChatController::ask(const QString& text, const QVector<EncodedMedium>& media)
{
    m_messageRead = false;
    m_isStopping = false;
    m_sentMedia = media;
    m_conversation->setLastState(State::Waiting);
    prepareAnswer();
    m_conversation->setLastMark(m_sizes.mark());
    m_answerJob = m_assistant->ask(text, numbersOf(media));
    updateMode();
}

void ChatController::takeBackMessage()
{
    m_window->composer().takeBack(takeLastMessage());
    if (m_isEncoding)
        m_attachments.cancelSending();
    else
        m_attachments.putBack(m_sentMedia);
    m_sentMedia.clear();
}

ChatController::EncodedMessage ChatController::takeLastExchange()
{
    m_assistant->forgetLastExchange();
    m_chosenAnswer.reset();
    const Exchange last = m_exchanges.back();
    m_exchanges.pop_back();
    return {takeLastMessage(), last.media};
}

QString ChatController::takeLastMessage()
{
    const int row = m_conversation->lastRowOf(Speaker::Person);
    QString text = m_conversation->row(row).text;
    m_conversation->truncate(row);
    return text;
}

void ChatController::forgetExchanges()
{
    for (const Exchange& exchange : m_exchanges)
        forget(exchange.media);
    m_exchanges.clear();
    m_chosenAnswer.reset();
}

void ChatController::forget(const QVector<EncodedMedium>& media)
{
    for (const int number : numbersOf(media))
        m_assistant->forgetMedium(number);
}

void ChatController::forgetModel()
{
    m_model.reset();
    m_sizes.setModel({});
    forgetExchanges();
    m_attachments.setSenses({});
    m_attachments.forgetEncoded();
    showProgress({});
}

void ChatController::finishAnswer()
{
    m_answerJob.reset();
    m_isEncoding = false;
    m_isStopping = false;
    updateMode();
    emit answerFinished();
}

}  // namespace app
