#include "app/chat_controller.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/conversation_model.h"
#include "ui/load_progress.h"
#include "ui/main_window.h"
#include "ui/status_line.h"
#include "ui/welcome_page.h"

using app::AnswerEnd;
using app::Problem;
using ui::Remedy;
using Mode = ui::Composer::Mode;
using Speaker = ui::ConversationModel::Speaker;
using State = ui::ConversationModel::State;

// The decisions: what becomes of rows, texts and states when things go well, and when not.
class ChatControllerTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void sendingShowsBothSides();
    void aLongMessageSaysHowMuchIsRead();
    void textStreamsIntoTheLastRow();
    void blankMessagesAreNotSent();
    void stopEndsTheAnswerAndKeepsItsText();
    void stoppingBeforeTheMessageIsReadGivesItBack();
    void failureBeforeTheMessageIsReadGivesItBack();
    void failureWhileAnsweringKeepsTheTextAndOffersAgain();
    void fullContextIsSaidAndKeepsTheText();
    void fullContextWhileAnsweringKeepsTheAnswer();
    void longAnswersAreSaidToBeCut();
    void emptyAnswerIsSaid();
    void lostDeviceOffersToReload();
    void newChatForgetsAndEmpties();
    void newChatWhileAnsweringIgnoresTheRest();
    void answerAgainReplacesTheLastAnswer();
    void editLastGivesTheMessageBack();
    void draftsSurviveExamples();
    void nothingIsSentWithoutAModel();
    void loadingShowsProgress();
    void cancelledLoadKeepsModelAndChat();
    void tooLateACancelOpensTheModel();
    void failedLoadKeepsModelAndChat();
    void noMemoryOffersToReplaceTheModel();
    void missingDeviceOffersToTryAgain();
    void anotherModelKeepsTheTextAndSaysThatItStartsAfresh();
    void loadingStopsTheAnswer();
    void lateNewsOfAnEarlierLoadIsIgnored();
    void demonstrationModelIsNamedHonestly();
    void otherModelsAreNamed();
    void statusTellsModelDeviceSpeedAndContext();

private:
    void open()
    {
        m_controller->load("/models/embedded.gguf");
        m_assistant->finishLoad();
    }
    void ask(const QString& text)
    {
        m_window->composer().takeBack(text);
        m_controller->send(text);
    }
    const ui::ConversationModel::Row& lastRow() const { return m_rows->row(m_rows->count() - 1); }
    QString notice() const
    {
        return m_window->notice().isHidden() ? QString() : m_window->notice().text();
    }
    QStringList noticeButtons() const;
    QString welcome() const;

    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::ChatController> m_controller;
};

void ChatControllerTest::init()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    m_controller.reset();
    m_window.reset();
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_controller = std::make_unique<app::ChatController>(
        m_assistant.get(), m_window.get(), m_rows.get(), "/models/embedded.gguf",
        std::make_unique<tests::FakeSoundOutput>());
}

QStringList ChatControllerTest::noticeButtons() const
{
    QStringList texts;
    for (const auto* button : m_window->notice().findChildren<QPushButton*>()) {
        if (!button->isHidden() && button->accessibleName().isEmpty())
            texts << button->text();
    }
    return texts;
}

QString ChatControllerTest::welcome() const
{
    return m_window->findChild<QLabel*>("welcomeText")->text();
}

void ChatControllerTest::sendingShowsBothSides()
{
    open();
    ask("hello");
    QCOMPARE(m_assistant->calls.last(), "ask hello");
    QCOMPARE(m_rows->count(), 2);
    QCOMPARE(m_rows->row(0).text, "hello");
    QCOMPARE(lastRow().state, State::Waiting);
    QCOMPARE(m_window->composer().text(), "");
    QCOMPARE(m_window->composer().mode(), Mode::Answering);
}

void ChatControllerTest::aLongMessageSaysHowMuchIsRead()
{
    open();
    ask("hello");
    m_assistant->progressMessage(0.456);
    QCOMPARE(ui::ConversationModel::stateText(lastRow()), "Reading… 45 %");
    m_assistant->readMessage();
    m_assistant->progressMessage(0.9);
    QCOMPARE(ui::ConversationModel::stateText(lastRow()), "Reading… 45 %");
    m_assistant->say("Hi");
    QVERIFY(ui::ConversationModel::stateText(lastRow()).isEmpty());
}

void ChatControllerTest::textStreamsIntoTheLastRow()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("I am");
    QCOMPARE(lastRow().state, State::Streaming);
    m_assistant->say(" fine.");
    QCOMPARE(lastRow().text, "I am fine.");
    m_assistant->finishAnswer();
    QCOMPARE(lastRow().state, State::Complete);
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
}

void ChatControllerTest::blankMessagesAreNotSent()
{
    open();
    m_controller->send(" \n ");
    QVERIFY(m_rows->isEmpty());
    QVERIFY(!m_assistant->calls.last().startsWith("ask"));
}

void ChatControllerTest::stopEndsTheAnswerAndKeepsItsText()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("I am");
    m_controller->stop();
    QCOMPARE(m_assistant->calls.last(), "stop");
    QCOMPARE(m_window->composer().mode(), Mode::Stopping);
    m_assistant->finishAnswer(AnswerEnd::Stopped);
    QCOMPARE(lastRow().text, "I am");
    QCOMPARE(lastRow().state, State::Stopped);
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
}

void ChatControllerTest::stoppingBeforeTheMessageIsReadGivesItBack()
{
    open();
    ask("a long message");
    m_controller->stop();
    m_assistant->failAnswer(Problem::Kind::Cancelled, "Stopped.");
    QCOMPARE(m_window->composer().text(), "a long message");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(notice(), "");
}

void ChatControllerTest::failureBeforeTheMessageIsReadGivesItBack()
{
    open();
    ask("hello");
    m_window->composer().takeBack("already writing the next");
    m_assistant->failAnswer(Problem::Kind::OutOfMemory, "No memory is left.");
    QCOMPARE(m_window->composer().text(), "hello\n\nalready writing the next");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(notice(), "No memory is left.");
    QVERIFY(!m_assistant->calls.contains("forgetLastExchange"));
}

void ChatControllerTest::failureWhileAnsweringKeepsTheTextAndOffersAgain()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("I a");
    m_assistant->failAnswer(Problem::Kind::OutOfMemory, "No memory is left.");
    QCOMPARE(lastRow().text, "I a");
    QCOMPARE(lastRow().state, State::Failed);
    QCOMPARE(noticeButtons(), {"Answer again"});
    m_controller->apply(Remedy::AnswerAgain);
    QCOMPARE(m_assistant->calls.mid(m_assistant->calls.size() - 2),
             QStringList({"forgetLastExchange", "ask hello"}));
    QCOMPARE(m_rows->count(), 2);
}

void ChatControllerTest::fullContextIsSaidAndKeepsTheText()
{
    open();
    ask("first");
    m_assistant->answer("yes");
    ask("too much");
    m_assistant->failAnswer(Problem::Kind::ContextFull, "The message does not fit.");
    QCOMPARE(m_window->composer().text(), "too much");
    QCOMPARE(m_rows->count(), 2);
    QCOMPARE(notice(), "The message does not fit.");
    QCOMPARE(noticeButtons(), {"New chat"});
    m_controller->apply(Remedy::NewChat);
    QCOMPARE(m_window->composer().text(), "too much");
}

void ChatControllerTest::fullContextWhileAnsweringKeepsTheAnswer()
{
    open();
    ask("tell me everything");
    m_assistant->readMessage();
    m_assistant->say("All of");
    m_assistant->finishAnswer(AnswerEnd::ContextFull);
    QCOMPARE(lastRow().text, "All of");
    QCOMPARE(lastRow().state, State::Full);
    QVERIFY(notice().startsWith("The context is full"));
    QCOMPARE(noticeButtons(), {"New chat"});
}

void ChatControllerTest::longAnswersAreSaidToBeCut()
{
    open();
    ask("count");
    m_assistant->readMessage();
    m_assistant->say("1 2 3");
    m_assistant->finishAnswer(AnswerEnd::TooLong);
    QCOMPARE(lastRow().state, State::Cut);
}

void ChatControllerTest::emptyAnswerIsSaid()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->finishAnswer();
    QVERIFY(!lastRow().text.isEmpty());
    QCOMPARE(lastRow().state, State::Complete);
}

void ChatControllerTest::lostDeviceOffersToReload()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("I");
    m_assistant->failAnswer(Problem::Kind::DeviceLost, "The device was lost.");
    QCOMPARE(noticeButtons(), {"Reload model"});
    QVERIFY(m_window->status().text().contains("No model is open"));
    QCOMPARE(m_rows->count(), 2);
    m_controller->apply(Remedy::ReloadModel);
    QCOMPARE(m_assistant->calls.last(), "load /models/embedded.gguf");
    m_assistant->finishLoad();
    ask("again");
    QCOMPARE(m_assistant->calls.last(), "ask again");
}

void ChatControllerTest::newChatForgetsAndEmpties()
{
    open();
    ask("hello");
    m_assistant->answer("hi");
    m_window->composer().takeBack("draft");
    m_controller->newChat();
    QCOMPARE(m_assistant->calls.last(), "newChat");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), "draft");
    QVERIFY(m_window->status().text().contains("Context: 0 of 4,096"));
}

void ChatControllerTest::newChatWhileAnsweringIgnoresTheRest()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("I am");
    m_controller->newChat();
    QCOMPARE(m_assistant->calls.mid(m_assistant->calls.size() - 2),
             QStringList({"stop", "newChat"}));
    m_assistant->say(" late");
    m_assistant->finishAnswer(AnswerEnd::Stopped);
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
    ask("next");
    m_assistant->answer("yes");
    QCOMPARE(lastRow().text, "yes");
}

void ChatControllerTest::answerAgainReplacesTheLastAnswer()
{
    open();
    ask("one");
    m_assistant->answer("1");
    ask("two");
    m_assistant->answer("2");
    m_controller->answerAgain();
    QCOMPARE(m_assistant->calls.mid(m_assistant->calls.size() - 2),
             QStringList({"forgetLastExchange", "ask two"}));
    m_assistant->answer("zwei");
    QCOMPARE(m_rows->count(), 4);
    QCOMPARE(lastRow().text, "zwei");
}

void ChatControllerTest::editLastGivesTheMessageBack()
{
    open();
    ask("one");
    m_assistant->answer("1");
    m_controller->editLast();
    QCOMPARE(m_assistant->calls.last(), "forgetLastExchange");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), "one");
}

void ChatControllerTest::draftsSurviveExamples()
{
    open();
    m_window->composer().takeBack("draft");
    emit m_window->welcome().exampleChosen("How are you?");
    QCOMPARE(m_assistant->calls.last(), "ask How are you?");
    QCOMPARE(m_window->composer().text(), "draft");
}

void ChatControllerTest::nothingIsSentWithoutAModel()
{
    m_controller->load("/models/embedded.gguf");
    m_assistant->failLoad(Problem::Kind::BadModel, "The file is damaged.");
    ask("hello");
    QCOMPARE(m_window->composer().text(), "hello");
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(noticeButtons(), {"Open model…"});
}

void ChatControllerTest::loadingShowsProgress()
{
    m_controller->load("/models/gemma.gguf");
    QVERIFY(!m_window->loadProgress().isHidden());
    emit m_assistant->loadProgressed(m_assistant->loadJob, 1 << 20, 4 << 20);
    QVERIFY(m_window->findChild<QLabel*>("loadDetail")->text().startsWith("1.0 MB of 4.0 MB"));
    m_assistant->finishLoad();
    QVERIFY(m_window->loadProgress().isHidden());
}

void ChatControllerTest::cancelledLoadKeepsModelAndChat()
{
    open();
    ask("hello");
    m_assistant->answer("hi");
    m_controller->load("/models/gemma.gguf");
    QTest::mouseClick(m_window->findChild<QPushButton*>("cancelLoad"), Qt::LeftButton);
    QVERIFY(m_window->loadProgress().isHidden());
    QCOMPARE(m_rows->count(), 2);
    QCOMPARE(notice(), "");
    ask("still there?");
    m_assistant->answer("yes");
    QCOMPARE(lastRow().text, "yes");
}

void ChatControllerTest::tooLateACancelOpensTheModel()
{
    m_controller->load("/models/embedded.gguf");
    m_assistant->cancelSucceeds = false;
    m_controller->cancelLoad();
    QVERIFY(!m_window->loadProgress().isHidden());
    m_assistant->finishLoad();
    QVERIFY(m_window->loadProgress().isHidden());
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
}

void ChatControllerTest::failedLoadKeepsModelAndChat()
{
    open();
    ask("hello");
    m_assistant->answer("hi");
    m_window->composer().takeBack("draft");
    m_controller->load("/models/broken.gguf");
    m_assistant->failLoad(Problem::Kind::BadModel, "broken.gguf is damaged. Choose another file.");
    QCOMPARE(notice(), "broken.gguf is damaged. Choose another file.");
    QCOMPARE(m_rows->count(), 2);
    QCOMPARE(m_window->composer().text(), "draft");
    QVERIFY(m_window->status().text().startsWith("Demonstration model"));
    m_controller->answerAgain();
    QCOMPARE(m_assistant->calls.last(), "ask hello");
}

void ChatControllerTest::noMemoryOffersToReplaceTheModel()
{
    open();
    m_controller->load("/models/gemma.gguf");
    m_assistant->failLoad(Problem::Kind::OutOfMemory, "The device has no memory left.");
    QCOMPARE(noticeButtons(), QStringList({"Close the open model and try again", "Open model…"}));
    m_controller->apply(Remedy::ReplaceModel);
    QCOMPARE(m_assistant->lastPath, "/models/gemma.gguf");
    QCOMPARE(m_assistant->lastMode, app::Assistant::LoadMode::ReleaseCurrent);
}

void ChatControllerTest::missingDeviceOffersToTryAgain()
{
    m_controller->load("/models/embedded.gguf");
    m_assistant->failLoad(Problem::Kind::NoDevice, "Install mesa-vulkan-drivers.");
    QCOMPARE(noticeButtons(), {"Reload model"});
    m_controller->apply(Remedy::ReloadModel);
    QCOMPARE(m_assistant->calls.last(), "load /models/embedded.gguf");
}

void ChatControllerTest::anotherModelKeepsTheTextAndSaysThatItStartsAfresh()
{
    open();
    ask("hello");
    m_assistant->answer("hi");
    m_controller->load("/models/gemma.gguf");
    m_assistant->finishLoad({"Gemma 3n E2B", "A device", false, false, 8192});
    QCOMPARE(m_rows->count(), 3);
    QCOMPARE(lastRow().speaker, Speaker::Note);
    QVERIFY(lastRow().text.startsWith("Gemma 3n E2B is open."));
    m_controller->answerAgain();  // the new model has not read it
    QCOMPARE(m_rows->count(), 3);
}

void ChatControllerTest::loadingStopsTheAnswer()
{
    open();
    ask("hello");
    m_assistant->readMessage();
    m_controller->load("/models/gemma.gguf");
    QCOMPARE(m_assistant->calls.mid(m_assistant->calls.size() - 2),
             QStringList({"stop", "load /models/gemma.gguf"}));
    m_assistant->finishAnswer(AnswerEnd::Stopped);
    QCOMPARE(m_window->composer().mode(), Mode::Waiting);
    m_assistant->finishLoad();
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
}

void ChatControllerTest::lateNewsOfAnEarlierLoadIsIgnored()
{
    m_controller->load("/models/slow.gguf");
    const int first = m_assistant->loadJob;
    m_controller->load("/models/other.gguf");
    emit m_assistant->loadFailed(first, {Problem::Kind::BadModel, "slow.gguf is damaged."});
    QCOMPARE(notice(), "");
    m_assistant->finishLoad();
    QCOMPARE(m_window->composer().mode(), Mode::Ready);
}

void ChatControllerTest::demonstrationModelIsNamedHonestly()
{
    open();
    QVERIFY(welcome().contains("demonstration model: shapes, numbers, simple phrases"));
    QVERIFY(!m_window->findChild<QPushButton*>("openGemma")->parentWidget()->isHidden());
    QVERIFY(m_window->status().text().startsWith("Demonstration model"));
}

void ChatControllerTest::otherModelsAreNamed()
{
    m_controller->load("/models/gemma.gguf");
    m_assistant->finishLoad({"Gemma 3n E2B", "A device", false, false, 8192});
    QVERIFY(welcome().startsWith("Gemma 3n E2B is ready."));
    QVERIFY(m_window->findChild<QPushButton*>("openGemma")->parentWidget()->isHidden());
}

void ChatControllerTest::statusTellsModelDeviceSpeedAndContext()
{
    open();
    ask("hello");
    m_assistant->answer("hi");
    QCOMPARE(m_window->status().text(),
             "Demonstration model · Test device, on the processor · 34.5 tokens/s · "
             "Context: 12 of 4,096");
}

QTEST_MAIN(ChatControllerTest)
#include "chat_controller_test.moc"
