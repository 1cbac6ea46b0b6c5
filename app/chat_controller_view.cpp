// What ChatController listens to and shows; its decisions are in chat_controller.cpp.

#include <QFileInfo>

#include "app/chat_controller.h"
#include "ui/main_window.h"
#include "ui/status_line.h"
#include "ui/welcome_page.h"

namespace app {

using Mode = ui::Composer::Mode;

void ChatController::connectWindow()
{
    connect(m_window, &ui::MainWindow::messageSubmitted, this, &ChatController::send);
    connect(m_window, &ui::MainWindow::mediaGiven, this,
            [this](const ui::GivenMedia& given) { attach(given); });
    connect(m_window, &ui::MainWindow::attachmentRemoved, &m_attachments, &Attachments::remove);
    connect(&m_attachments, &Attachments::changed, this,
            [this] { m_window->composer().setHasAttachments(!m_attachments.isEmpty()); });
    connect(&m_attachments, &Attachments::sendingChanged, this, &ChatController::onSendingChanged);
    connect(&m_attachments, &Attachments::failed, this, &ChatController::onAttachmentFailed);
    connect(m_window, &ui::MainWindow::pictureSaveRequested, &m_mediaOutput,
            &MediaOutput::savePicture);
    connect(m_window, &ui::MainWindow::pictureCopyRequested, &m_mediaOutput,
            &MediaOutput::copyPicture);
    connect(m_window, &ui::MainWindow::soundSaveRequested, &m_mediaOutput, &MediaOutput::saveSound);
    const auto say = [this](const QString& sentence) {
        showProblem({Problem::Kind::BadInput, sentence}, {});
    };
    connect(&m_mediaOutput, &MediaOutput::failed, this, say);
    connect(&m_player, &SoundPlayer::failed, this, say);
    connect(m_window, &ui::MainWindow::playRequested, &m_player, &SoundPlayer::play);
    connect(m_window, &ui::MainWindow::playStopRequested, &m_player, &SoundPlayer::stop);
    connect(&m_player, &SoundPlayer::changed, m_window, &ui::MainWindow::setPlayback);
    connect(&m_attachments, &Attachments::removed, this, [this](const ui::Medium& medium) {
        const auto* sound = std::get_if<ui::Sound>(&medium);
        if (sound && sound->isSame(m_player.playback().sound))
            m_player.stop();
    });
    connect(m_window, &ui::MainWindow::stopRequested, this, &ChatController::stop);
    connect(m_window, &ui::MainWindow::newChatRequested, this, &ChatController::newChat);
    connect(m_window, &ui::MainWindow::answerAgainRequested, this, &ChatController::answerAgain);
    connect(m_window, &ui::MainWindow::answerAgainAtRequested, this,
            &ChatController::answerAgainAt);
    connect(m_window, &ui::MainWindow::editLastRequested, this, &ChatController::editLast);
    connect(m_window, &ui::MainWindow::versionStepRequested, this, &ChatController::stepVersion);
    connect(m_window, &ui::MainWindow::loadCancelled, this, &ChatController::cancelLoad);
    connect(m_window, &ui::MainWindow::remedyChosen, this, &ChatController::apply);
    connect(m_window, &ui::MainWindow::modelChosen, this,
            [this](const QString& path) { load(path); });
    connect(m_window, &ui::MainWindow::encoderChosen, this, &ChatController::loadEncoder);
}

void ChatController::connectAssistant()
{
    connect(m_assistant, &Assistant::loadProgressed, this, &ChatController::onLoadProgressed);
    connect(m_assistant, &Assistant::loaded, this, &ChatController::onLoaded);
    connect(m_assistant, &Assistant::loadFailed, this, &ChatController::onLoadFailed);
    connect(m_assistant, &Assistant::messageProgressed, this, &ChatController::onMessageProgressed);
    connect(m_assistant, &Assistant::messageRead, this, &ChatController::onMessageRead);
    connect(m_assistant, &Assistant::textArrived, this, &ChatController::onTextArrived);
    connect(m_assistant, &Assistant::answered, this, &ChatController::onAnswered);
    connect(m_assistant, &Assistant::askFailed, this, &ChatController::onAskFailed);
    connect(m_assistant, &Assistant::hearingFailed, this, &ChatController::onHearingFailed);
}

void ChatController::updateMode()
{
    if (isAnswering())
        m_window->setMode(m_isStopping ? Mode::Stopping : Mode::Answering);
    else
        m_window->setMode(isLoading() ? Mode::Waiting : Mode::Ready);
    m_window->setCanRepeat(!isAnswering() && !isLoading() && !m_isHearing && !m_exchanges.empty());
    m_window->setCanSpeak(m_model && m_model->hearsSound && !isAnswering() && !isLoading());
    m_window->setCanChooseEncoder(m_model.has_value() && !isLoading());

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
    const QString media = mediaInvitation();
    if (m_model && m_model->isDemonstration) {
        page.showText(tr("This is the demonstration model: shapes, numbers, simple phrases. It is "
                         "small, knows little, and says so.") +
                          media,
                      {tr("Who are you?"), tr("How are you?"), tr("Which colors do you know?")},
                      true);
    } else if (m_model) {
        page.showText(tr("%1 is ready. Everything stays on this computer.").arg(m_model->name) +
                          media,
                      {tr("What can you help me with?"), tr("Explain how a nest is built."),
                       tr("Write a short poem about rain.")},
                      false);
    } else if (isLoading()) {
        page.showText(tr("Opening %1…").arg(titleOf(m_loadingFiles.model)), {}, false);
    } else {
        page.showText(tr("No model is open."), {}, true);
    }
}

QString ChatController::mediaInvitation() const
{
    if (!m_model || (!m_model->seesPictures && !m_model->hearsSound))
        return {};
    if (!m_model->hearsSound)
        return u' ' + tr("Drop a picture here to ask about it.");
    if (!m_model->seesPictures)
        return u' ' + tr("Drop a sound here to ask about it.");
    return u' ' + tr("Drop a picture or a sound here to ask about it.");
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
