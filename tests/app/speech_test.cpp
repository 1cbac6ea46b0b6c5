#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <vector>

#include "app/chat_controller.h"
#include "app/settings.h"
#include "app/speech_controller.h"
#include "tests/app/fake_sound_system.h"
#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/scripted_assistant.h"
#include "tests/support/wave_file.h"
#include "ui/attachment_strip.h"
#include "ui/conversation_model.h"
#include "ui/main_window.h"
#include "ui/microphone_menu.h"
#include "ui/recording_bar.h"

using Speaker = ui::ConversationModel::Speaker;

namespace {

std::vector<float> speech()
{
    return tests::readWave(TEST_DATA_DIR "/golden/multimodal/clips/012.wav");
}

}  // namespace

// Speaking to the window, with the mouse and with a key, into a microphone that the test is.
class SpeechTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void theButtonRecordsAndSendsWhileItIsSaid();
    void whatIsWrittenGoesAlong();
    void aKeyThatIsHeldSendsWhenItIsLetGo();
    void aKeyThatIsTappedRecordsUntilTheNextTap();
    void escapeLeavesTheChatAsItWas();
    void pauseIsShownAndRecordsNothing();
    void aPauseEndsTheTurnIfItIsChosen();
    void aDeviceThatVanishesKeepsWhatWasHeard();
    void aMicrophoneThatDoesNotOpenIsASentence();
    void nothingHeardIsASentence();
    void whatTheModelCannotHearIsASentence();
    void lossesAreShown();
    void aFullContextAnswersWhatWasHeard();
    void anotherChatForgetsTheRecording();
    void theMicrophoneIsChosenAndRemembered();

private:
    QPushButton* button(const char* name) const;
    void click(const char* name) const { QTest::mouseClick(button(name), Qt::LeftButton); }
    QString text(const char* label) const;
    void speak(const std::vector<float>& samples);
    bool hasCalled(const QString& beginning) const;
    bool isRecordingShown() const { return m_window->recording().isVisible(); }
    QVector<ui::Medium> lastMedia() const;

    QTemporaryDir m_folder;
    std::shared_ptr<tests::FakeMicrophone> m_fake;
    std::unique_ptr<app::Settings> m_settings;
    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::ChatController> m_chat;
    std::unique_ptr<app::SpeechController> m_speech;
};

void SpeechTest::init()
{
    m_fake = std::make_shared<tests::FakeMicrophone>();
    m_settings = std::make_unique<app::Settings>(m_folder.filePath("settings.ini"));
    m_settings->setEndsAtPause(false);
    m_settings->setMicrophone({});
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_chat = std::make_unique<app::ChatController>(m_assistant.get(), m_window.get(), m_rows.get(),
                                                   "/embedded.gguf",
                                                   std::make_unique<tests::FakeSoundOutput>());
    m_speech = std::make_unique<app::SpeechController>(
        m_chat.get(), m_window.get(), m_settings.get(),
        [fake = m_fake]() -> engine::Result<std::unique_ptr<app::SoundSystem>> {
            return std::unique_ptr<app::SoundSystem>(
                std::make_unique<tests::FakeSoundSystem>(fake));
        });
    m_window->show();
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    m_chat->load("/embedded.gguf");
    m_assistant->finishLoad();
    m_assistant->calls.clear();
}

void SpeechTest::cleanup()
{
    m_speech.reset();
    m_chat.reset();
    m_window.reset();
}

QPushButton* SpeechTest::button(const char* name) const
{
    auto* found = m_window->findChild<QPushButton*>(name);
    if (found == nullptr)
        qFatal("no button %s", name);
    return found;
}

QString SpeechTest::text(const char* label) const
{
    return m_window->findChild<QLabel*>(label)->text();
}

void SpeechTest::speak(const std::vector<float>& samples)
{
    QTRY_VERIFY(m_fake->ring != nullptr);
    m_fake->speak(samples);
}

bool SpeechTest::hasCalled(const QString& beginning) const
{
    return !m_assistant->calls.filter(beginning).isEmpty();
}

QVector<ui::Medium> SpeechTest::lastMedia() const
{
    return m_rows->row(m_rows->lastRowOf(Speaker::Person)).media;
}

void SpeechTest::theButtonRecordsAndSendsWhileItIsSaid()
{
    const auto said = speech();
    click("speak");
    QVERIFY(isRecordingShown());
    QVERIFY(hasCalled("listen []"));
    speak(said);
    QTRY_VERIFY(hasCalled("hear "));  // nobody has said that it is over
    QTRY_COMPARE(text("recordingTime"), QString("0:01"));
    QVERIFY(text("recordingState").startsWith("Listening"));
    click("sendOrStop");
    QTRY_VERIFY(hasCalled("answerHeard"));
    QVERIFY(!isRecordingShown());
    QVERIFY(m_assistant->calls.filter("hear ").last().contains("end the clip"));
    QVERIFY(!hasCalled("encodeSound"));
    const QVector<ui::Medium> media = lastMedia();
    QCOMPARE(media.size(), 1);
    const auto* sound = std::get_if<ui::Sound>(&media.front());
    QVERIFY(sound != nullptr);
    QCOMPARE(sound->samples, ui::toSamples(said));
    m_assistant->answer("I heard you.");
    QCOMPARE(m_rows->row(m_rows->count() - 1).text, QString("I heard you."));
}

void SpeechTest::whatIsWrittenGoesAlong()
{
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    QTest::keyClicks(QApplication::focusWidget(), "What did I say?");
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    QTRY_VERIFY(hasCalled("answerHeard What did I say?"));
    QCOMPARE(m_rows->row(m_rows->lastRowOf(Speaker::Person)).text, QString("What did I say?"));
    QCOMPARE(m_window->composer().text(), QString());
}

void SpeechTest::aKeyThatIsHeldSendsWhenItIsLetGo()
{
    QTest::keyPress(QApplication::focusWidget(), Qt::Key_F9);
    QVERIFY(isRecordingShown());
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    QTest::qWait(450);
    QVERIFY(isRecordingShown());
    QTest::keyRelease(QApplication::focusWidget(), Qt::Key_F9);
    QTRY_VERIFY(hasCalled("answerHeard"));
    QVERIFY(!isRecordingShown());
}

void SpeechTest::aKeyThatIsTappedRecordsUntilTheNextTap()
{
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_F9);
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    QVERIFY(isRecordingShown());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_F9);
    QTRY_VERIFY(hasCalled("answerHeard"));
}

void SpeechTest::escapeLeavesTheChatAsItWas()
{
    QTest::keyClicks(QApplication::focusWidget(), "A thought");
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QVERIFY(!isRecordingShown());
    QVERIFY(hasCalled("cancelListening"));
    QTRY_VERIFY(m_fake->ring == nullptr);
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(m_window->composer().text(), QString("A thought"));
    QVERIFY(!m_window->attachments().isVisible());
}

void SpeechTest::pauseIsShownAndRecordsNothing()
{
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    click("pauseRecording");
    QCOMPARE(text("recordingState"), QString("Paused"));
    QTest::qWait(60);
    m_fake->speak(std::vector<float>(8000, 0.1F));
    QTest::qWait(60);
    click("pauseRecording");
    click("sendOrStop");
    QTRY_VERIFY(hasCalled("answerHeard"));
    const auto medium = lastMedia().front();
    QCOMPARE(std::get<ui::Sound>(medium).samples.size(), static_cast<qsizetype>(speech().size()));
}

void SpeechTest::aPauseEndsTheTurnIfItIsChosen()
{
    m_settings->setEndsAtPause(true);
    click("speak");
    speak(speech());
    m_fake->speak(std::vector<float>(24000, 0.0F));
    QTRY_VERIFY(hasCalled("answerHeard"));
    QVERIFY(!isRecordingShown());
}

void SpeechTest::aDeviceThatVanishesKeepsWhatWasHeard()
{
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    m_fake->isRunning = false;
    QTRY_VERIFY(!isRecordingShown());
    QVERIFY(m_window->notice().isVisible());
    QVERIFY(m_rows->isEmpty());
    QVERIFY(m_window->attachments().isVisible());
    QVERIFY(hasCalled("encodeSound"));
}

void SpeechTest::aMicrophoneThatDoesNotOpenIsASentence()
{
    m_fake->refusal = "Permission denied";
    click("speak");
    QTRY_VERIFY(m_window->notice().isVisible());
    QVERIFY(!isRecordingShown());
    QVERIFY(hasCalled("cancelListening"));
}

void SpeechTest::nothingHeardIsASentence()
{
    m_settings->setEndsAtPause(true);
    click("speak");
    speak(std::vector<float>(16000, 0.0F));
    QTRY_COMPARE(text("recordingTime"), QString("0:01"));
    click("sendOrStop");
    QTRY_VERIFY(m_window->notice().isVisible());
    QVERIFY(m_rows->isEmpty());
    QVERIFY(hasCalled("cancelListening"));
}

void SpeechTest::whatTheModelCannotHearIsASentence()
{
    m_chat->load("/blind.gguf");
    m_assistant->finishLoad(tests::ScriptedAssistant::blindModel());
    QVERIFY(!button("speak")->isEnabled());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_F9);
    QVERIFY(!isRecordingShown());
    QVERIFY(m_window->notice().isVisible());
}

void SpeechTest::lossesAreShown()
{
    click("speak");
    QTRY_VERIFY(m_fake->ring != nullptr);
    m_fake->ring.load()->write(nullptr, 8000);
    m_fake->speak(speech());
    QTRY_COMPARE(text("recordingLost"),
                 QString("0.5 s of the sound were lost, as the computer was too busy."));
    click("sendOrStop");
    QTRY_VERIFY(hasCalled("answerHeard"));
    QVERIFY(m_window->notice().isVisible());  // it stays when the bar is gone
}

void SpeechTest::aFullContextAnswersWhatWasHeard()
{
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    m_assistant->failHearing(app::Problem::Kind::ContextFull, "The context is full.");
    QTRY_VERIFY(hasCalled("answerHeard"));
    QVERIFY(m_window->notice().isVisible());
}

void SpeechTest::anotherChatForgetsTheRecording()
{
    click("speak");
    speak(speech());
    QTRY_VERIFY(hasCalled("hear "));
    m_chat->newChat();
    QVERIFY(!isRecordingShown());
    QVERIFY(hasCalled("cancelListening"));
    QTRY_VERIFY(m_fake->ring == nullptr);
}

void SpeechTest::theMicrophoneIsChosenAndRemembered()
{
    m_fake->inputs = {{"Of the system", true, 2, 48000}, {"Headset", false, 1, 16000}};
    ui::MicrophoneMenu& menu = m_window->microphone();
    emit menu.devicesWanted();
    const auto names = [&menu] {
        QStringList all;
        for (const QAction* action : menu.actions())
            all << action->text();
        return all;
    };
    QTRY_VERIFY(names().contains("Headset"));
    QVERIFY(names().contains("The system's default (Of the system)"));
    for (QAction* action : menu.actions())
        if (action->text() == "Headset")
            action->trigger();
    QCOMPARE(m_settings->microphone(), QString("Headset"));
    click("speak");
    QTRY_VERIFY(m_fake->ring != nullptr);
    QCOMPARE(m_fake->openedInput, std::size_t{1});
}

QTEST_MAIN(SpeechTest)
#include "speech_test.moc"
