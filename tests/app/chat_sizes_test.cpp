#include "app/chat_controller.h"

#include <QAction>
#include <QLabel>
#include <QMenu>
#include <QTest>

#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/main_window.h"
#include "ui/size_control.h"
#include "ui/sound.h"
#include "ui/status_line.h"

using ui::ConversationModel;

// The sizes of a model in the window, as a person uses them.
class ChatSizesTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void anAnswerIsGivenAtTheChosenSize();
    void aChosenSizeWaitsForTheNextAnswer();
    void answersRememberTheirSize();
    void expectedSpeedFollowsFromTheMeasuredOne();
    void answeringAgainAtAnotherSizeKeepsBoth();
    void theShownAnswerIsTheOneThatTheChatGoesOnFrom();
    void turningToNoOtherAnswerChangesNothing();
    void arrowsTurnToTheOtherAnswer();
    void theCacheCanBeKept();
    void aSpokenMessageIsHeardAtItsSize();
    void whatWasSpokenKeepsItsAnswers();
    void aWishIsLeftToThePolicy();
    void theReasonGivesWayToTheName();
    void theDeviceGivesWayToTheReason();
    void aModelWithOneSizeIsNotMarked();
    void anotherModelBeginsWhole();

private:
    void ask(const QString& text) { m_controller->send(text); }
    void exchange(const QString& text, const QString& answer)
    {
        ask(text);
        m_assistant->answer(answer);
    }
    void choose(const QString& name)
    {
        for (QAction* action : m_window->status().size().menu()->actions()) {
            if (action->text().startsWith(name))
                action->trigger();
        }
    }
    // As small as it usually is.
    void showSmall()
    {
        m_window->resize(880, 640);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    const QLabel* statusLabel(const QString& name) const
    {
        for (const auto* label : m_window->status().findChildren<QLabel*>()) {
            if (label->accessibleName() == name)
                return label;
        }
        qFatal("the status line has no %s", qPrintable(name));
    }
    static ui::Sound spoken() { return ui::makeSound("spoken.wav", QVector<qint16>(8000, 100)); }
    const ConversationModel::Row& lastRow() const { return m_rows->row(m_rows->count() - 1); }
    QString foot() const { return ConversationModel::footText(lastRow()); }

    std::unique_ptr<ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::ChatController> m_controller;
};

void ChatSizesTest::init()
{
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
    m_controller.reset();
    m_window.reset();
    m_rows = std::make_unique<ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_controller = std::make_unique<app::ChatController>(
        m_assistant.get(), m_window.get(), m_rows.get(), "/models/embedded.gguf",
        std::make_unique<tests::FakeSoundOutput>());
    m_controller->sizes().setMachine([] { return app::MachineState(); });
    m_controller->load("/models/embedded.gguf");
    m_assistant->finishLoad(tests::ScriptedAssistant::nestedModel());
    m_assistant->calls.clear();
}

void ChatSizesTest::anAnswerIsGivenAtTheChosenSize()
{
    exchange("hello", "hi");
    choose("half");
    QCOMPARE(m_window->status().size().text(), QString("half"));
    exchange("again", "hi");
    QCOMPARE(m_assistant->calls,
             (QStringList{"setSize full", "ask hello", "setSize half", "ask again"}));
}

void ChatSizesTest::aChosenSizeWaitsForTheNextAnswer()
{
    ask("hello");
    m_assistant->readMessage();
    m_assistant->say("hi");
    choose("half");
    QCOMPARE(m_assistant->calls, (QStringList{"setSize full", "ask hello"}));
    m_assistant->finishAnswer();
    QCOMPARE(foot(), QString("full"));
}

void ChatSizesTest::answersRememberTheirSize()
{
    exchange("hello", "hi");
    choose("half");
    ask("again");
    QCOMPARE(foot(), QString("half · Reading…"));
    m_assistant->progressMessage(0.4);
    QCOMPARE(foot(), QString("half · Reading… 40 %"));
    m_assistant->answer("hi");
    QCOMPARE(foot(), QString("half"));
    QCOMPARE(ConversationModel::footText(m_rows->row(1)), QString("full"));
}

void ChatSizesTest::expectedSpeedFollowsFromTheMeasuredOne()
{
    const auto effect = [this] { return m_window->status().size().options().at(1).effect; };
    QVERIFY(effect().contains("2.0 million parameters"));
    QVERIFY(!effect().contains("tokens/s"));
    m_assistant->progress.tokensPerSecond = 20;
    exchange("hello", "hi");
    QVERIFY2(effect().contains("about 40.0 tokens/s"), qPrintable(effect()));
}

void ChatSizesTest::answeringAgainAtAnotherSizeKeepsBoth()
{
    exchange("hello", "from the whole");
    emit m_window->answerAgainAtRequested("half");
    m_assistant->answer("from the half");
    QCOMPARE(m_assistant->calls.mid(2),
             (QStringList{"forgetLastExchange", "setSize half", "ask hello"}));
    QCOMPARE(m_rows->count(), 2);
    QCOMPARE(lastRow().text, QString("from the half"));
    QCOMPARE(foot(), QString("2 of 2 · half"));
    m_window->versionStepRequested(1, -1);
    QCOMPARE(lastRow().text, QString("from the whole"));
    QCOMPARE(foot(), QString("1 of 2 · full"));
    m_window->versionStepRequested(1, -1);
    QCOMPARE(foot(), QString("1 of 2 · full"));
}

void ChatSizesTest::theShownAnswerIsTheOneThatTheChatGoesOnFrom()
{
    exchange("hello", "first");
    m_controller->answerAgain();
    m_assistant->answer("second");
    m_window->versionStepRequested(1, -1);
    m_assistant->calls.clear();
    exchange("and then?", "more");
    QCOMPARE(m_assistant->calls,
             (QStringList{"replaceLastAnswer first", "setSize full", "ask and then?"}));
    m_assistant->calls.clear();
    // Earlier answers can be looked at; the model has read what was shown then.
    m_window->versionStepRequested(1, +1);
    exchange("and then?", "more");
    QCOMPARE(m_assistant->calls, (QStringList{"setSize full", "ask and then?"}));
}

void ChatSizesTest::turningToNoOtherAnswerChangesNothing()
{
    exchange("hello", "first");
    m_window->versionStepRequested(1, -1);
    exchange("and then?", "more");
    QVERIFY(m_assistant->calls.filter("replaceLastAnswer").isEmpty());
}

void ChatSizesTest::arrowsTurnToTheOtherAnswer()
{
    exchange("hello", "first");
    m_controller->answerAgain();
    m_assistant->answer("second");
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    ui::ConversationView& view = m_window->view();
    view.layoutNow();
    const auto click = [&](int step) {
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {},
                          view.versionArrowRect(1, step).center().toPoint());
        view.layoutNow();
    };
    click(-1);
    QCOMPARE(lastRow().text, QString("first"));
    click(+1);
    QCOMPARE(lastRow().text, QString("second"));
    for (QAction* action : m_window->actions()) {
        if (action->shortcut() == QKeySequence("Alt+Left"))
            action->trigger();
    }
    QCOMPARE(lastRow().text, QString("first"));
}

void ChatSizesTest::theCacheCanBeKept()
{
    exchange("hello", "hi");
    emit m_window->status().size().readsAgainChosen(false);
    choose("half");
    m_assistant->progress.isExact = false;
    exchange("again", "hi");
    QVERIFY(m_assistant->calls.contains("setSize half keeping"));
    QCOMPARE(foot(), QString("half, on what another size has read"));
}

// It is read while it is said: another size waits for the next one.
void ChatSizesTest::aSpokenMessageIsHeardAtItsSize()
{
    exchange("hello", "first");
    m_controller->answerAgain();
    m_assistant->answer("second");
    m_window->versionStepRequested(1, -1);
    m_assistant->calls.clear();
    choose("half");
    m_controller->beginSpeech();
    QCOMPARE(m_assistant->calls,
             (QStringList{"replaceLastAnswer first", "setSize half", "listen []"}));
    m_window->versionStepRequested(1, +1);  // the message follows what it began under
    QCOMPARE(lastRow().text, QString("first"));
    choose("full");
    m_controller->sendSpeech(spoken());
    QCOMPARE(m_assistant->calls.last(), QString("answerHeard "));
    QCOMPARE(foot(), QString("half · Reading…"));
    m_assistant->answer("I heard you.");
    QCOMPARE(foot(), QString("half"));
    QCOMPARE(m_assistant->calls.filter("setSize").size(), 1);
}

void ChatSizesTest::whatWasSpokenKeepsItsAnswers()
{
    m_controller->beginSpeech();
    m_controller->sendSpeech(spoken());
    m_assistant->answer("from the whole");
    m_controller->answerAgainAt("half");
    QCOMPARE(foot(), QString("2 of 2 · Listening…"));
    m_assistant->finishMedium();
    m_assistant->answer("from the half");
    QCOMPARE(foot(), QString("2 of 2 · half"));
    m_window->versionStepRequested(1, -1);
    QCOMPARE(lastRow().text, QString("from the whole"));
    QCOMPARE(foot(), QString("1 of 2 · full"));
}

// Why the size is what it is stands in the status line.
void ChatSizesTest::aWishIsLeftToThePolicy()
{
    choose("&Quick");
    exchange("hello", "hi");
    QCOMPARE(m_assistant->calls.first(), QString("setSize half"));
    QVERIFY2(m_window->status().text().contains("half, to be quick."),
             qPrintable(m_window->status().text()));
    choose("B&est");
    exchange("hello", "hi");
    QVERIFY(m_assistant->calls.contains("setSize full"));
    QVERIFY(m_window->status().text().contains("best answers"));
    choose("half");
    QVERIFY(!m_window->status().text().contains("best answers"));
}

void ChatSizesTest::theReasonGivesWayToTheName()
{
    choose("&Quick");
    exchange("hello", "hi");
    ui::StatusLine& line = m_window->status();
    line.setSizeReason(QString("because ").repeated(50));
    showSmall();
    const QLabel* model = statusLabel("Model");
    const QLabel* reason = statusLabel("Why this size");
    QVERIFY(model->width() >= model->sizeHint().width());
    QVERIFY(reason->width() < reason->sizeHint().width());
    QVERIFY(reason->width() > reason->minimumSizeHint().width());
}

void ChatSizesTest::theDeviceGivesWayToTheReason()
{
    choose("&Quick");
    exchange("hello", "hi");
    ui::StatusLine& line = m_window->status();
    line.setDevice("A graphics device whose name is as long as names of graphics devices are");
    line.setSpeed(33.7);
    line.setContext(4000, 4096);
    line.setSizeReason("half, because three-quarters makes 24 tokens/s.");
    showSmall();
    const QLabel* device = statusLabel("Device");
    const QLabel* reason = statusLabel("Why this size");
    QVERIFY(reason->width() >= reason->sizeHint().width());
    QVERIFY(device->width() < device->sizeHint().width());
    QVERIFY(device->width() > device->minimumSizeHint().width());
}

void ChatSizesTest::aModelWithOneSizeIsNotMarked()
{
    m_controller->load("/models/other.gguf");
    app::ModelSummary model = tests::ScriptedAssistant::blindModel();
    model.sizes << app::SizeSummary{"whole", 2'000'000'000, 1'000'000'000, 1'000'000'000};
    model.sizesHint = "Nothing smaller is nested in it.";
    m_assistant->finishLoad(model);
    exchange("hello", "hi");
    QCOMPARE(foot(), QString());
    QVERIFY(!m_window->status().size().isHidden());
}

void ChatSizesTest::anotherModelBeginsWhole()
{
    choose("half");
    m_controller->load("/models/other.gguf");
    m_assistant->finishLoad(tests::ScriptedAssistant::nestedModel());
    QCOMPARE(m_window->status().size().text(), QString("full"));
}

QTEST_MAIN(ChatSizesTest)
#include "chat_sizes_test.moc"
