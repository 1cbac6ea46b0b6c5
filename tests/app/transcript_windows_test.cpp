#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>

#include "app/transcript_windows.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/conversation_model.h"
#include "ui/main_window.h"
#include "ui/transcript_window.h"

// Writing down a sound file as a person does it: menu, file, text, export.
class TranscriptWindowsTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void aFileIsChosenInTheMenu();
    void textComesWithItsTimes();
    void progressSaysWhatIsLeft();
    void answersUnderWayAreSaid();
    void stoppingKeepsTheText();
    void filesWithoutSpeechSaySo();
    void problemsAreSaidAndKeepTheText();
    void transcriptsAreExported_data();
    void transcriptsAreExported();
    void filesThatCannotBeWrittenAreSaid();
    void transcriptsAreCopied();
    void closingEndsIt();
    void textIsNotClosedUnasked();
    void theMainWindowDoesNotTakeItAlong();
    void longTranscriptsStayWhereOneReads();

private:
    static ui::TranscriptWindow* shown();
    // Opens a window for a file and returns it.
    ui::TranscriptWindow* begin();
    void say(qint64 beginMs, const QString& text);
    QString state() const { return m_shown->findChild<QLabel*>("transcriptState")->text(); }
    QPushButton* button(const char* name) const { return m_shown->findChild<QPushButton*>(name); }

    QTemporaryDir m_folder;
    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<tests::ScriptedAssistant> m_assistant;
    std::unique_ptr<app::TranscriptWindows> m_transcripts;
    QPointer<ui::TranscriptWindow> m_shown;
};

void TranscriptWindowsTest::init()
{
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<tests::ScriptedAssistant>();
    m_transcripts = std::make_unique<app::TranscriptWindows>(m_assistant.get());
    connect(m_window.get(), &ui::MainWindow::transcriptRequested, m_transcripts.get(),
            &app::TranscriptWindows::open);
    m_window->show();
}

void TranscriptWindowsTest::cleanup()
{
    m_transcripts.reset();
    m_window.reset();
    m_assistant.reset();
}

ui::TranscriptWindow* TranscriptWindowsTest::shown()
{
    for (QWidget* widget : QApplication::topLevelWidgets()) {
        if (auto* window = qobject_cast<ui::TranscriptWindow*>(widget))
            return window;
    }
    return nullptr;
}

ui::TranscriptWindow* TranscriptWindowsTest::begin()
{
    m_transcripts->open("/sounds/talk.flac");
    m_shown = shown();
    return m_shown;
}

void TranscriptWindowsTest::say(qint64 beginMs, const QString& text)
{
    emit m_assistant->cueWritten(m_assistant->transcriptionNumber, {beginMs, beginMs + 900, text});
}

void TranscriptWindowsTest::aFileIsChosenInTheMenu()
{
    QFile file(m_folder.filePath("talk.wav"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    QTest::keyClick(m_window.get(), Qt::Key_T, Qt::ControlModifier);
    auto* dialog = m_window->findChild<QFileDialog*>();
    QVERIFY(dialog);
    emit dialog->fileSelected(file.fileName());
    QCOMPARE(m_assistant->calls, QStringList("transcribe " + file.fileName()));
    const auto* window = shown();
    QVERIFY(window && window->isVisible());
    QVERIFY(window->windowTitle().contains("talk.wav"));
}

void TranscriptWindowsTest::textComesWithItsTimes()
{
    QVERIFY(begin());
    QVERIFY(!button("exportTranscript")->isEnabled());
    say(2'100, "a large\npurple star");
    say(3'723'000, "seven");
    QCOMPARE(m_shown->text(), "0:02   a large purple star\n1:02:03   seven");
    emit m_assistant->transcribed(m_assistant->transcriptionNumber, true);
    QCOMPARE(state(), "Done.");
    QVERIFY(!button("stopTranscript")->isEnabled());
}

void TranscriptWindowsTest::progressSaysWhatIsLeft()
{
    begin();
    QVERIFY(state().startsWith("Waiting until the model has time"));
    emit m_assistant->transcriptionProgressed(m_assistant->transcriptionNumber, 0, 0);
    emit m_assistant->transcriptionProgressed(m_assistant->transcriptionNumber, 123'000, 3'600'000);
    QCOMPARE(state(), "2:03 of 1:00:00 heard");
    // A file that says it is shorter than it is.
    emit m_assistant->transcriptionProgressed(m_assistant->transcriptionNumber, 9'000, 1'000);
    QCOMPARE(state(), "0:09 heard");
}

void TranscriptWindowsTest::answersUnderWayAreSaid()
{
    begin();
    emit m_assistant->transcriptionProgressed(m_assistant->transcriptionNumber, 1'000, 9'000);
    m_assistant->readMessage();
    QCOMPARE(state(), "Goes on when the answer is finished.");
    emit m_assistant->transcriptionProgressed(m_assistant->transcriptionNumber, 2'000, 9'000);
    QCOMPARE(state(), "0:02 of 0:09 heard");
}

void TranscriptWindowsTest::stoppingKeepsTheText()
{
    begin();
    say(0, "seven");
    QTest::mouseClick(button("stopTranscript"), Qt::LeftButton);
    QVERIFY(m_assistant->calls.contains(
        QString("stop transcription %1").arg(m_assistant->transcriptionNumber)));
    emit m_assistant->transcribed(m_assistant->transcriptionNumber, false);
    QVERIFY(state().startsWith("Stopped."));
    QCOMPARE(m_shown->text(), "0:00   seven");
    QVERIFY(button("exportTranscript")->isEnabled());
}

void TranscriptWindowsTest::filesWithoutSpeechSaySo()
{
    begin();
    emit m_assistant->transcribed(m_assistant->transcriptionNumber, true);
    QVERIFY(state().startsWith("Nobody speaks in this file"));
}

void TranscriptWindowsTest::problemsAreSaidAndKeepTheText()
{
    begin();
    say(0, "seven");
    emit m_assistant->transcriptionFailed(m_assistant->transcriptionNumber,
                                          {app::Problem::Kind::BadInput, "It is damaged."});
    QCOMPARE(state(), "It is damaged.");
    QCOMPARE(m_shown->text(), "0:00   seven");
}

void TranscriptWindowsTest::transcriptsAreExported_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("text") << "a.txt" << QByteArray("grün\n");
    QTest::newRow("SubRip") << "a.srt" << QByteArray("1\n00:00:02,100 --> 00:00:03,000\ngrün\n\n");
    QTest::newRow("WebVTT") << "a.vtt"
                            << QByteArray("WEBVTT\n\n00:00:02.100 --> 00:00:03.000\ngrün\n\n");
}

void TranscriptWindowsTest::transcriptsAreExported()
{
    QFETCH(const QString, name);
    QFETCH(const QByteArray, content);
    begin();
    say(2'100, "grün");
    QTest::mouseClick(button("exportTranscript"), Qt::LeftButton);
    auto* dialog = m_shown->findChild<QFileDialog*>();
    QVERIFY(dialog);
    emit dialog->fileSelected(m_folder.filePath(name));
    QFile file(m_folder.filePath(name));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), content);
    QVERIFY(state().startsWith("Saved as"));
}

void TranscriptWindowsTest::filesThatCannotBeWrittenAreSaid()
{
    begin();
    say(0, "seven");
    emit m_shown->exportRequested(m_folder.filePath("missing/a.txt"));
    QVERIFY2(state().contains("cannot be written"), qPrintable(state()));
}

void TranscriptWindowsTest::transcriptsAreCopied()
{
    begin();
    say(0, "seven");
    QTest::mouseClick(button("copyTranscript"), Qt::LeftButton);
    QCOMPARE(QApplication::clipboard()->text(), "0:00   seven");
}

void TranscriptWindowsTest::closingEndsIt()
{
    begin();
    const int number = m_assistant->transcriptionNumber;
    m_shown->close();
    QTRY_VERIFY(!m_shown);
    QVERIFY(m_assistant->calls.contains(QString("stop transcription %1").arg(number)));
    emit m_assistant->cueWritten(number, {0, 1, "too late"});
    emit m_assistant->transcribed(number, false);
}

void TranscriptWindowsTest::textIsNotClosedUnasked()
{
    begin();
    say(0, "seven");
    QTest::keyClick(m_shown, Qt::Key_Escape);
    auto* box = m_shown->findChild<QMessageBox*>();
    QVERIFY(box && m_shown->isVisible());
    QCOMPARE(box->defaultButton(), box->button(QMessageBox::Cancel));
    box->reject();
    QVERIFY(m_shown->isVisible());

    emit m_shown->exportRequested(m_folder.filePath("kept.txt"));
    QTest::keyClick(m_shown, Qt::Key_Escape);
    QTRY_VERIFY(!m_shown);
}

void TranscriptWindowsTest::theMainWindowDoesNotTakeItAlong()
{
    begin();
    m_window->close();
    say(0, "seven");
    QVERIFY(m_shown && m_shown->isVisible());
    QCOMPARE(m_shown->text(), "0:00   seven");
    m_transcripts.reset();  // the end of the program
    QVERIFY(!m_shown);
}

// An hour is more than a thousand lines.
void TranscriptWindowsTest::longTranscriptsStayWhereOneReads()
{
    begin();
    const QString words = "nine hundred and ninety nine small green hearts";
    for (int i = 0; i < 1500; ++i)
        say(i * 2'400, words);
    const QScrollBar* bar = m_shown->findChild<QPlainTextEdit*>()->verticalScrollBar();
    QCOMPARE(bar->value(), bar->maximum());
    m_shown->findChild<QPlainTextEdit*>()->verticalScrollBar()->setValue(10);
    say(3'700'000, words);
    QCOMPARE(bar->value(), 10);
}

QTEST_MAIN(TranscriptWindowsTest)
#include "transcript_windows_test.moc"
