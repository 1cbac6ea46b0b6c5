#include "app/chat_controller.h"

#include <QFileInfo>

#include "ui/conversation_model.h"
#include "ui/load_progress.h"
#include "ui/main_window.h"
#include "ui/status_line.h"
#include "ui/welcome_page.h"

namespace app {

using Speaker = ui::ConversationModel::Speaker;
using State = ui::ConversationModel::State;
using Mode = ui::Composer::Mode;

ChatController::ChatController(Assistant* assistant, ui::MainWindow* window,
                               ui::ConversationModel* conversation, const QString& embeddedModel,
                               QObject* parent)
    : QObject(parent)
    , m_assistant(assistant)
    , m_window(window)
    , m_conversation(conversation)
    , m_embeddedModel(embeddedModel)
{
    connectWindow();
    connectAssistant();
    showWelcome();
}

void ChatController::load(const QString& path, Assistant::LoadMode mode)
{
    if (m_loadJob && !m_assistant->cancelLoad())
        return;  // the other one is just opening
    stop();
    m_window->notice().hide();
    m_loadingPath = path;
    m_loadJob = m_assistant->load(path, mode);
    if (mode == Assistant::LoadMode::ReleaseCurrent)
        forgetModel();
    m_window->loadProgress().begin(titleOf(path));
    showWelcome();
    updateMode();
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
    if (text.trimmed().isEmpty() || isLoading() || isAnswering())
        return;
    if (!m_model) {
        showProblem({Problem::Kind::BadInput, tr("No model is open. Open one to get an answer.")},
                    {ui::Remedy::OpenModel});
        return;
    }
    m_window->notice().hide();
    if (m_window->composer().text() == text)
        m_window->composer().clearText();
    m_conversation->append(Speaker::Person, text);
    m_conversation->append(Speaker::Assistant, {}, State::Waiting);
    m_messageRead = false;
    m_isStopping = false;
    m_answerJob = m_assistant->ask(text);
    m_window->composer().focusField();
    updateMode();
}

void ChatController::stop()
{
    if (!isAnswering() || m_isStopping)
        return;
    m_isStopping = true;
    updateMode();
    m_assistant->stop();
}

void ChatController::newChat()
{
    // What the answer under way still says belongs to no row any more.
    if (isAnswering()) {
        m_assistant->stop();
        finishAnswer();
    }
    m_assistant->newChat();
    m_conversation->truncate(0);
    m_exchanges.clear();
    m_window->notice().hide();
    showProgress({});
    showWelcome();
    updateMode();
    m_window->composer().focusField();
}

void ChatController::answerAgain()
{
    if (!isAnswering() && !isLoading() && !m_exchanges.empty())
        send(takeLastExchange());
}

void ChatController::editLast()
{
    if (isAnswering() || isLoading() || m_exchanges.empty())
        return;
    m_window->composer().takeBack(takeLastExchange());
    m_window->composer().focusField();
}

void ChatController::apply(ui::Remedy remedy)
{
    switch (remedy) {
    case ui::Remedy::OpenModel:
        m_window->offerModels();
        return;
    case ui::Remedy::ReloadModel:
        load(m_modelPath.isEmpty() ? m_loadingPath : m_modelPath);
        return;
    case ui::Remedy::ReplaceModel:
        load(m_loadingPath, Assistant::LoadMode::ReleaseCurrent);
        return;
    case ui::Remedy::NewChat:
        newChat();
        return;
    case ui::Remedy::AnswerAgain:
        answerAgain();
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
    m_modelPath = m_loadingPath;
    m_exchanges.clear();
    m_window->loadProgress().hide();
    if (!m_conversation->isEmpty())
        m_conversation->append(
            Speaker::Note,
            tr("%1 is open. It starts afresh and has not read what is above.").arg(model.name));
    m_window->status().setSpeed(0);
    showProgress({});
    showWelcome();
    updateMode();
    emit modelOpened(m_modelPath);
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

void ChatController::onMessageRead(int job, const AnswerProgress& progress)
{
    if (job != m_answerJob)
        return;
    m_messageRead = true;
    m_exchanges.push_back(m_conversation->lastRowOf(Speaker::Person));
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
    if (job != m_answerJob)
        return;
    QVector<ui::Remedy> remedies;
    if (problem.kind == Problem::Kind::ContextFull)
        remedies << ui::Remedy::NewChat;
    if (problem.kind == Problem::Kind::DeviceLost) {
        remedies << ui::Remedy::ReloadModel;
        forgetModel();
    }
    if (m_messageRead && m_model)
        remedies << ui::Remedy::AnswerAgain;

    if (m_messageRead)
        m_conversation->setLastState(State::Failed);
    else
        m_window->composer().takeBack(takeLastExchange());
    finishAnswer();
    if (problem.kind != Problem::Kind::Cancelled)
        showProblem(problem, remedies);
}

void ChatController::connectWindow()
{
    connect(m_window, &ui::MainWindow::messageSubmitted, this, &ChatController::send);
    connect(m_window, &ui::MainWindow::stopRequested, this, &ChatController::stop);
    connect(m_window, &ui::MainWindow::newChatRequested, this, &ChatController::newChat);
    connect(m_window, &ui::MainWindow::answerAgainRequested, this, &ChatController::answerAgain);
    connect(m_window, &ui::MainWindow::editLastRequested, this, &ChatController::editLast);
    connect(m_window, &ui::MainWindow::loadCancelled, this, &ChatController::cancelLoad);
    connect(m_window, &ui::MainWindow::remedyChosen, this, &ChatController::apply);
    connect(m_window, &ui::MainWindow::modelChosen, this,
            [this](const QString& path) { load(path); });
}

void ChatController::connectAssistant()
{
    connect(m_assistant, &Assistant::loadProgressed, this, &ChatController::onLoadProgressed);
    connect(m_assistant, &Assistant::loaded, this, &ChatController::onLoaded);
    connect(m_assistant, &Assistant::loadFailed, this, &ChatController::onLoadFailed);
    connect(m_assistant, &Assistant::messageRead, this, &ChatController::onMessageRead);
    connect(m_assistant, &Assistant::textArrived, this, &ChatController::onTextArrived);
    connect(m_assistant, &Assistant::answered, this, &ChatController::onAnswered);
    connect(m_assistant, &Assistant::askFailed, this, &ChatController::onAskFailed);
}

QString ChatController::takeLastExchange()
{
    const int row = m_conversation->lastRowOf(Speaker::Person);
    QString text = m_conversation->row(row).text;
    if (!m_exchanges.empty() && m_exchanges.back() == row) {
        m_assistant->forgetLastExchange();
        m_exchanges.pop_back();
    }
    m_conversation->truncate(row);
    return text;
}

void ChatController::forgetModel()
{
    m_model.reset();
    m_exchanges.clear();
    showProgress({});
}

void ChatController::finishAnswer()
{
    m_answerJob.reset();
    m_isStopping = false;
    updateMode();
    emit answerFinished();
}

void ChatController::updateMode()
{
    if (isAnswering())
        m_window->setMode(m_isStopping ? Mode::Stopping : Mode::Answering);
    else
        m_window->setMode(isLoading() ? Mode::Waiting : Mode::Ready);
    m_window->setCanRepeat(!isAnswering() && !isLoading() && !m_exchanges.empty());

    QString name = tr("No model is open");
    if (m_model)
        name = m_model->isDemonstration ? tr("Demonstration model") : m_model->name;
    else if (isLoading())
        name = tr("Opening…");
    m_window->status().setModel(name);
    QString device;
    if (m_model)
        device = m_model->isSoftwareDevice ? tr("%1, on the processor").arg(m_model->device)
                                           : m_model->device;
    m_window->status().setDevice(device);
}

void ChatController::showProgress(const AnswerProgress& progress)
{
    if (progress.tokensPerSecond > 0)
        m_window->status().setSpeed(progress.tokensPerSecond);
    m_window->status().setContext(progress.contextUsed, m_model ? m_model->contextLength : 0);
}

void ChatController::showWelcome()
{
    ui::WelcomePage& page = m_window->welcome();
    if (m_model && m_model->isDemonstration) {
        page.showText(tr("This is the demonstration model: shapes, numbers, simple phrases. It is "
                         "small, knows little, and says so."),
                      {tr("Who are you?"), tr("How are you?"), tr("Which colors do you know?")},
                      true);
    } else if (m_model) {
        page.showText(tr("%1 is ready. Everything stays on this computer.").arg(m_model->name),
                      {tr("What can you help me with?"), tr("Explain how a nest is built."),
                       tr("Write a short poem about rain.")},
                      false);
    } else if (isLoading()) {
        page.showText(tr("Opening %1…").arg(titleOf(m_loadingPath)), {}, false);
    } else {
        page.showText(tr("No model is open."), {}, true);
    }
}

void ChatController::showProblem(const Problem& problem, const QVector<ui::Remedy>& remedies)
{
    m_window->notice().showNotice(problem.sentence, remedies);
    emit problemShown(problem);
}

QString ChatController::titleOf(const QString& path) const
{
    return path == m_embeddedModel ? tr("the demonstration model") : QFileInfo(path).fileName();
}

}  // namespace app
