#include <QAction>
#include <QApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>

#include "app/chat_controller.h"
#include "app/sound_reading.h"
#include "tests/support/qt/fake_sound_output.h"
#include "tests/support/qt/picture_files.h"
#include "tests/support/qt/scripted_assistant.h"
#include "ui/attachment_strip.h"
#include "ui/conversation_model.h"
#include "ui/conversation_view.h"
#include "ui/main_window.h"
#include "ui/sound_bar.h"
#include "ui/waveform.h"

using app::Problem;
using State = ui::ConversationModel::State;
using tests::FakeSoundOutput;
using tests::ScriptedAssistant;

// What becomes of sounds that people attach, from the file to the answer, and what can be done with
// them in the conversation.
class ChatSoundsTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void aSoundIsAttachedSentPlayedAndSaved();
    void theModelHearsWhatTheFileHolds();
    void picturesAndSoundsKeepTheirOrder();
    void longSoundsAreHeardInClips();
    void sendingWaitsUntilTheSoundIsHeard();
    void stoppingGivesTheSoundBack();
    void removedSoundsAreForgottenAndSilent();
    void recordingsAreAttachedLikeFiles();
    void badFilesAreSaid_data();
    void badFilesAreSaid();
    void longFilesAreTranscribedInstead();
    void modelsWithoutEarsAreSaid();
    void aSoundOfAnotherNameIsRefusedWhereItIsKnown();
    void anotherModelHearsAgain();
    void editLastBringsSoundsBack();
    void answerAgainUsesThemAsTheyAre();
    void newChatFreesSoundsAndStopsThem();
    void aMissingLoudspeakerIsSaid();
    void otherEndingsAreNotWritten();

private:
    static constexpr qsizetype kShort = ScriptedAssistant::kClipSamples / 2;

    static ui::Sound tone(qsizetype samples, const QString& name = "tone.wav")
    {
        QVector<qint16> wave;
        for (qsizetype i = 0; i < samples; ++i)
            wave << static_cast<qint16>(8000 * std::sin(0.1 * static_cast<double>(i)));
        return ui::makeSound(name, wave);
    }
    QString file(const QString& name, qsizetype samples = kShort)
    {
        QString path = m_folder.filePath(name);
        if (!app::writeSound(tone(samples), path))
            qFatal("no sound file");
        return path;
    }
    void open(const app::ModelSummary& model = ScriptedAssistant::demonstrationModel())
    {
        m_controller->load("/models/m.gguf");
        m_assistant->finishLoad(model);
    }
    void give(const QStringList& files)
    {
        ui::GivenMedia given;
        given.files = files;
        m_controller->attach(given);
    }
    // Waits until the model is asked to hear it, or to look at it.
    void attach(const QString& path)
    {
        const int before = m_assistant->mediumNumber;
        give({path});
        QTRY_VERIFY(m_assistant->mediumNumber > before);
    }
    void attachAndFinish(const QString& path)
    {
        attach(path);
        m_assistant->finishMedium();
    }
    const ui::Sound& soundOf(int row, int medium = 0) const
    {
        return std::get<ui::Sound>(m_rows->row(row).media[medium]);
    }
    ui::SoundBar* bar() const
    {
        m_window->view().layoutNow();
        return m_window->view().viewport()->findChild<ui::SoundBar*>();
    }
    QVector<int> strip() const { return m_window->attachments().ids(); }
    const ui::ConversationModel::Row& lastRow() const { return m_rows->row(m_rows->count() - 1); }
    QString lastCall() const { return m_assistant->calls.last(); }
    QString notice() const
    {
        return m_window->notice().isHidden() ? QString() : m_window->notice().text();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<ui::ConversationModel> m_rows;
    std::unique_ptr<ui::MainWindow> m_window;
    std::unique_ptr<ScriptedAssistant> m_assistant;
    std::shared_ptr<FakeSoundOutput::Log> m_speaker;
    std::unique_ptr<app::ChatController> m_controller;
};

void ChatSoundsTest::init()
{
    m_controller.reset();
    m_window.reset();
    m_rows = std::make_unique<ui::ConversationModel>();
    m_window = std::make_unique<ui::MainWindow>(m_rows.get());
    m_assistant = std::make_unique<ScriptedAssistant>();
    m_speaker = std::make_shared<FakeSoundOutput::Log>();
    m_controller = std::make_unique<app::ChatController>(
        m_assistant.get(), m_window.get(), m_rows.get(), "/models/embedded.gguf",
        std::make_unique<FakeSoundOutput>(m_speaker));
}

// As a person does it, by mouse and keyboard.
void ChatSoundsTest::aSoundIsAttachedSentPlayedAndSaved()
{
    open();
    m_window->show();
    const QString path = file("nest.flac");
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(m_window.get(), &drop);
    QCOMPARE(strip().size(), 1);
    QTRY_VERIFY(m_assistant->mediumNumber > 0);
    m_assistant->finishMedium();
    QVERIFY(m_window->attachments().findChild<ui::Waveform*>()->isVisible());
    QTest::mouseClick(m_window->findChild<QPushButton*>("sendOrStop"), Qt::LeftButton);
    QCOMPARE(lastCall(), QString("ask  [%1]").arg(m_assistant->mediumNumber));
    m_assistant->answer("A tone.");
    QVERIFY(strip().isEmpty());

    m_speaker->room.release(1000);
    QVERIFY(bar()->isVisible());
    auto* waveform = bar()->findChild<ui::Waveform*>();
    QTest::mouseClick(waveform, Qt::LeftButton, {}, {waveform->width() / 2, 10});
    QTest::mouseClick(bar()->findChild<QPushButton*>("playOrStop"), Qt::LeftButton);
    QTRY_COMPARE(m_speaker->finishes.load(), 1);
    QVERIFY(std::abs(m_speaker->samples().size() - kShort / 2) < kShort / 50);

    emit m_window->view().menuRequested(0, 0, m_window->mapToGlobal(QPoint(50, 50)));
    const QList<QAction*> actions = m_window->findChildren<QMenu*>().last()->actions();
    const auto save = std::find_if(actions.begin(), actions.end(), [](const QAction* action) {
        return action->text() == "Save nest.flac as…";
    });
    QVERIFY(save != actions.end());
    (*save)->trigger();
    auto* dialog = m_window->findChild<QFileDialog*>();
    QVERIFY(dialog);
    const QString saved = m_folder.filePath("saved.wav");
    emit dialog->fileSelected(saved);
    QTRY_VERIFY(QFile::exists(saved));
    const auto read = app::readSound(saved, [](double) {});
    QVERIFY(read);
    QCOMPARE(read->samples, soundOf(0).samples);
}

void ChatSoundsTest::theModelHearsWhatTheFileHolds()
{
    open();
    attach(file("a.wav"));
    const ui::Sound expected = tone(kShort);
    QCOMPARE(m_assistant->lastSound, ui::toFloats(expected.span()));
}

void ChatSoundsTest::picturesAndSoundsKeepTheirOrder()
{
    open();
    const QString picture = m_folder.filePath("a.png");
    tests::halves(Qt::red, Qt::blue).save(picture);
    give({file("first.wav"), picture, file("last.ogg.wav")});
    QTRY_COMPARE(m_assistant->calls.filter("encode").size(), 3);
    QVector<int> numbers;
    for (int i = 2; i >= 0; --i)
        numbers << m_assistant->mediumNumber - i;
    for (const int number : {numbers[2], numbers[0], numbers[1]})
        emit m_assistant->mediumEncoded(number);
    m_controller->send("Which?");
    QCOMPARE(lastCall(),
             QString("ask Which? [%1,%2,%3]").arg(numbers[0]).arg(numbers[1]).arg(numbers[2]));
    QCOMPARE(ui::nameOf(m_rows->row(0).media[0]), "first.wav");
    QCOMPARE(ui::nameOf(m_rows->row(0).media[1]), "a.png");
    QCOMPARE(ui::nameOf(m_rows->row(0).media[2]), "last.ogg.wav");
}

// Each clip has a number; together they are the sound, and no sample is lost.
void ChatSoundsTest::longSoundsAreHeardInClips()
{
    open();
    m_controller->attach(tone(3 * ScriptedAssistant::kClipSamples));
    const auto clips = m_assistant->calls.filter("encodeSound").size();
    QVERIFY(clips >= 3);
    qsizetype heard = 0;
    for (const std::vector<float>& clip : m_assistant->sounds) {
        QVERIFY(static_cast<qint64>(clip.size()) <= ScriptedAssistant::kClipSamples);
        heard += static_cast<qsizetype>(clip.size());
    }
    QCOMPARE(heard, 3 * ScriptedAssistant::kClipSamples);
    const int last = m_assistant->mediumNumber;
    QStringList numbers;
    for (int number = last - static_cast<int>(clips) + 1; number <= last; ++number) {
        emit m_assistant->mediumEncoded(number);
        numbers << QString::number(number);
    }
    m_controller->send("What?");
    QCOMPARE(lastCall(), "ask What? [" + numbers.join(',') + "]");
    QCOMPARE(m_rows->row(0).media.size(), 1);
}

void ChatSoundsTest::sendingWaitsUntilTheSoundIsHeard()
{
    open();
    attach(file("a.wav"));
    m_controller->send("What?");
    QCOMPARE(lastRow().state, State::Listening);
    m_assistant->progressMedium(0.4);
    QCOMPARE(ui::ConversationModel::stateText(lastRow()), "Listening… 40 %");
    m_assistant->finishMedium();
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(m_assistant->mediumNumber));
}

void ChatSoundsTest::stoppingGivesTheSoundBack()
{
    open();
    attach(file("a.wav"));
    const int number = m_assistant->mediumNumber;
    m_controller->send("What?");
    m_controller->stop();
    QVERIFY(m_assistant->calls.contains("forgetMedium " + QString::number(number)));
    QVERIFY(m_rows->isEmpty());
    QCOMPARE(strip().size(), 1);
    m_controller->send("What?");
    QVERIFY(m_assistant->mediumNumber > number);  // the samples are still there
    m_assistant->finishMedium();
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(m_assistant->mediumNumber));
}

void ChatSoundsTest::removedSoundsAreForgottenAndSilent()
{
    open();
    attach(file("a.wav", 32'000));
    m_window->attachments().findChild<QPushButton*>("playOrStop")->click();
    m_speaker->room.release(3);
    QTRY_COMPARE(m_speaker->samples().size(), 3 * ui::kSoundRateHz / 50);
    emit m_window->attachmentRemoved(strip().first());
    QVERIFY(lastCall().startsWith("forgetMedium"));
    QVERIFY(strip().isEmpty());
    m_speaker->room.release(1);
    QTRY_COMPARE(m_speaker->aborts.load(), 1);
}

void ChatSoundsTest::recordingsAreAttachedLikeFiles()
{
    open();
    const ui::Sound recording = tone(kShort, "Recording.flac");
    m_controller->attach(recording);
    QCOMPARE(m_assistant->lastSound, ui::toFloats(recording.span()));
    m_assistant->finishMedium();
    m_controller->send({});
    QVERIFY(soundOf(0).isSame(recording));
}

void ChatSoundsTest::badFilesAreSaid_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("words");

    const QString whole = file("whole.wav");
    QFile wave(whole);
    QVERIFY(wave.open(QIODevice::ReadOnly));
    const QByteArray bytes = wave.readAll();
    QTest::newRow("empty") << QByteArray() << "bad.wav is empty";
    QTest::newRow("no sound") << QByteArray("just words") << "bad.wav is no sound";
    QTest::newRow("cut in its header") << bytes.left(20) << "bad.wav is no sound";
    QTest::newRow("without samples") << bytes.left(44) << "bad.wav holds no sound";
    QTest::newRow("10 ms") << bytes.left(44 + 320) << "bad.wav is only 10 ms long";
    QByteArray lying = bytes;
    lying.replace(24, 4, QByteArray(4, '\0'));
    QTest::newRow("no samples a second") << lying << "bad.wav";
}

void ChatSoundsTest::badFilesAreSaid()
{
    QFETCH(const QByteArray, content);
    QFETCH(const QString, words);
    open();
    const QString path = m_folder.filePath("bad.wav");
    QFile bad(path);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write(content);
    bad.close();
    QSignalSpy problems(m_controller.get(), &app::ChatController::problemShown);
    give({path});
    QCOMPARE(strip().size(), 1);
    QTRY_COMPARE(problems.count(), 1);
    QVERIFY2(notice().startsWith(words), qPrintable(notice()));
    QVERIFY2(!notice().contains(m_folder.path()), qPrintable(notice()));
    QVERIFY(strip().isEmpty());
    QVERIFY(m_assistant->calls.filter("encode").isEmpty());
}

void ChatSoundsTest::longFilesAreTranscribedInstead()
{
    open();
    QSignalSpy transcripts(m_controller.get(), &app::ChatController::transcriptRequested);
    const QString path = file("talk.wav", app::kMostSoundMinutes * 60 * ui::kSoundRateHz + 1);
    give({path});
    QTRY_VERIFY(notice().startsWith("talk.wav is longer than 10 minutes"));
    QVERIFY(strip().isEmpty());

    m_window->show();
    const auto buttons = m_window->notice().findChildren<QPushButton*>();
    const auto found = std::find_if(buttons.begin(), buttons.end(), [](const auto* button) {
        return button->text() == "Transcribe it";
    });
    QVERIFY(found != buttons.end());
    QTest::mouseClick(*found, Qt::LeftButton);
    QTRY_COMPARE(transcripts.size(), 1);
    QCOMPARE(transcripts.first().first().toString(), path);
}

void ChatSoundsTest::modelsWithoutEarsAreSaid()
{
    open(ScriptedAssistant::blindModel());
    give({file("a.wav")});
    QCOMPARE(notice(), ScriptedAssistant::blindModel().audioHint);
    QVERIFY(strip().isEmpty());
    m_controller->attach(tone(kShort));
    QVERIFY(strip().isEmpty());
}

// What it is shows only when it has been read.
void ChatSoundsTest::aSoundOfAnotherNameIsRefusedWhereItIsKnown()
{
    app::ModelSummary deaf = ScriptedAssistant::demonstrationModel();
    deaf.hearsSound = false;
    deaf.audioHint = "It hears nothing.";
    open(deaf);
    const QString path = m_folder.filePath("sound.png");
    QVERIFY(QFile::rename(file("b.wav"), path));
    give({path});
    QCOMPARE(strip().size(), 1);
    QTRY_VERIFY(m_window->attachments().findChild<ui::SoundBar*>() != nullptr);
    m_controller->send("What?");
    QCOMPARE(notice(), "It hears nothing.");
    QVERIFY(m_rows->isEmpty());
}

void ChatSoundsTest::anotherModelHearsAgain()
{
    open();
    attachAndFinish(file("a.wav"));
    const int number = m_assistant->mediumNumber;
    open(ScriptedAssistant::blindModel());
    m_controller->send("What?");
    QCOMPARE(notice(), ScriptedAssistant::blindModel().audioHint);
    open();
    QVERIFY(m_assistant->mediumNumber > number);
    m_assistant->finishMedium();
    m_controller->send("What?");
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(m_assistant->mediumNumber));
}

void ChatSoundsTest::editLastBringsSoundsBack()
{
    open();
    attachAndFinish(file("a.wav"));
    const int number = m_assistant->mediumNumber;
    m_controller->send("What?");
    const ui::Sound sent = soundOf(0);
    m_assistant->answer("A tone.");
    m_controller->editLast();
    QCOMPARE(strip().size(), 1);
    m_controller->send("What?");
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(number));  // heard only once
    QVERIFY(soundOf(0).isSame(sent));
}

void ChatSoundsTest::answerAgainUsesThemAsTheyAre()
{
    open();
    attachAndFinish(file("a.wav"));
    const int number = m_assistant->mediumNumber;
    m_controller->send("What?");
    m_assistant->answer("A tone.");
    m_controller->answerAgain();
    QCOMPARE(lastCall(), QString("ask What? [%1]").arg(number));
    QCOMPARE(m_rows->row(0).media.size(), 1);
}

void ChatSoundsTest::newChatFreesSoundsAndStopsThem()
{
    open();
    attachAndFinish(file("a.wav", 32'000));
    m_controller->send("What?");
    m_assistant->answer("A tone.");
    const auto calls = m_assistant->calls.filter("encodeSound").size();
    emit m_window->playRequested(soundOf(0), 0);
    m_speaker->room.release(3);
    QTRY_COMPARE(m_speaker->samples().size(), 3 * ui::kSoundRateHz / 50);
    m_controller->newChat();
    QCOMPARE(m_assistant->calls.filter("forgetMedium").size(), calls);
    m_speaker->room.release(1);
    QTRY_COMPARE(m_speaker->aborts.load(), 1);
}

void ChatSoundsTest::aMissingLoudspeakerIsSaid()
{
    open();
    m_speaker->hasDevice = false;
    emit m_window->playRequested(tone(kShort), 0);
    QTRY_COMPARE(notice(), "The loudspeaker is gone. Connect it again.");
}

void ChatSoundsTest::otherEndingsAreNotWritten()
{
    const QString path = m_folder.filePath("a.mp3");
    emit m_window->soundSaveRequested(tone(kShort), path);
    QTRY_VERIFY(notice().contains(".flac or .wav"));
    QVERIFY(!QFile::exists(path));
    emit m_window->soundSaveRequested(tone(kShort), m_folder.filePath("no/such/folder/a.wav"));
    QTRY_VERIFY2(notice().startsWith("a.wav cannot be written"), qPrintable(notice()));
}

QTEST_MAIN(ChatSoundsTest)
#include "chat_sounds_test.moc"
