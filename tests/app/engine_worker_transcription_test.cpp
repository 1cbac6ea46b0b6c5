#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "app/engine_worker.h"
#include "app/sound_reading.h"
#include "engine/device.h"
#include "tests/support/wave_file.h"

using app::Assistant;
using app::EngineWorker;
using app::Problem;

// Sound files that the engine behind the window writes down, with the embedded model.
class EngineWorkerTranscriptionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void cleanupTestCase() { m_worker.reset(); }
    void soundsNeedAModel();
    void soundFilesAreWrittenDown();
    void questionsAreAnsweredBetweenClips();
    void stoppedTranscriptionsEnd();
    void transcriptionsEndWithTheirModel();
    void badSoundFilesAreProblems();

private:
    void open();
    // A file that says "small blue heart" so many times, with a second after each.
    QString talk(int times) const;
    int cues() const { return static_cast<int>(m_written->size()); }

    QTemporaryDir m_folder;
    std::unique_ptr<EngineWorker> m_worker;
    std::unique_ptr<QSignalSpy> m_written;
    std::unique_ptr<QSignalSpy> m_ended;
    std::unique_ptr<QSignalSpy> m_failed;
};

void EngineWorkerTranscriptionTest::initTestCase()
{
    const auto devices = engine::Device::list();
    if (std::none_of(devices.begin(), devices.end(),
                     [](const auto& each) { return each.isUsable; }))
        QSKIP("no Vulkan device");
    m_worker = std::make_unique<EngineWorker>(QString());
    m_written = std::make_unique<QSignalSpy>(m_worker.get(), &Assistant::cueWritten);
    m_ended = std::make_unique<QSignalSpy>(m_worker.get(), &Assistant::transcribed);
    m_failed = std::make_unique<QSignalSpy>(m_worker.get(), &Assistant::transcriptionFailed);
}

void EngineWorkerTranscriptionTest::cleanup()
{
    for (QSignalSpy* spy : {m_written.get(), m_ended.get(), m_failed.get()}) {
        if (spy != nullptr)
            spy->clear();
    }
}

void EngineWorkerTranscriptionTest::open()
{
    QSignalSpy loaded(m_worker.get(), &Assistant::loaded);
    m_worker->load({QString(RESOURCES_DIR) + "/models/nestling-demo-q8_0.gguf"},
                   Assistant::LoadMode::KeepCurrent);
    QTRY_COMPARE_WITH_TIMEOUT(loaded.count(), 1, 60'000);
}

QString EngineWorkerTranscriptionTest::talk(int times) const
{
    QVector<qint16> phrase =
        ui::toSamples(tests::readWave(TEST_DATA_DIR "/golden/multimodal/clips/026.wav"));
    phrase.resize(phrase.size() + ui::kSoundRateHz);
    QVector<qint16> samples;
    for (int i = 0; i < times; ++i)
        samples += phrase;
    QString path = m_folder.filePath(QString("%1.wav").arg(times));
    if (!app::writeSound(ui::makeSound("talk", samples), path))
        qFatal("no sound file");
    return path;
}

// The first, as no model is open yet.
void EngineWorkerTranscriptionTest::soundsNeedAModel()
{
    m_worker->transcribe(talk(1));
    QTRY_VERIFY_WITH_TIMEOUT(!m_failed->isEmpty(), 10'000);
    QVERIFY(m_failed->last().last().value<Problem>().sentence.startsWith("No model is open"));
    open();
}

void EngineWorkerTranscriptionTest::soundFilesAreWrittenDown()
{
    QSignalSpy progressed(m_worker.get(), &Assistant::transcriptionProgressed);
    const int number = m_worker->transcribe(talk(2));
    QTRY_VERIFY_WITH_TIMEOUT(!m_ended->isEmpty(), 120'000);
    QCOMPARE(m_ended->first(), (QVariantList{number, true}));
    QCOMPARE(cues(), 2);
    const auto second = m_written->last().last().value<app::WrittenCue>();
    QCOMPARE(second.text, "small blue heart");
    QVERIFY(second.beginMs > 2'700 && second.beginMs < 3'000);
    QVERIFY(second.endMs > second.beginMs + 500);
    QCOMPARE(progressed.last()[1], progressed.last()[2]);
}

void EngineWorkerTranscriptionTest::questionsAreAnsweredBetweenClips()
{
    QString answer;
    bool isAnswered = false;
    // Both reach this thread in order; a spy counts in the worker's, when text may be on its way.
    QObject here;
    connect(m_worker.get(), &Assistant::textArrived, &here,
            [&answer](int, const QString& text, const app::AnswerProgress&) { answer += text; });
    connect(m_worker.get(), &Assistant::answered, &here, [&isAnswered] { isAnswered = true; });
    m_worker->transcribe(talk(2));
    m_worker->ask("How are you?", {});
    QTRY_VERIFY_WITH_TIMEOUT(isAnswered, 120'000);
    QCOMPARE(answer, "I am fine, thank you. Show me a picture.");
    QVERIFY(m_ended->isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(!m_ended->isEmpty(), 120'000);
    QCOMPARE(cues(), 2);
}

void EngineWorkerTranscriptionTest::stoppedTranscriptionsEnd()
{
    const int number = m_worker->transcribe(talk(6));
    QTRY_VERIFY_WITH_TIMEOUT(!m_written->isEmpty(), 120'000);
    m_worker->stopTranscription(number);
    QTRY_VERIFY_WITH_TIMEOUT(!m_ended->isEmpty(), 60'000);
    QCOMPARE(m_ended->first(), (QVariantList{number, false}));
    QVERIFY(cues() < 6);
}

void EngineWorkerTranscriptionTest::transcriptionsEndWithTheirModel()
{
    m_worker->transcribe(talk(6));
    QTRY_VERIFY_WITH_TIMEOUT(!m_written->isEmpty(), 120'000);
    open();
    QTRY_VERIFY_WITH_TIMEOUT(!m_failed->isEmpty(), 60'000);
    QVERIFY(m_failed->first().last().value<Problem>().sentence.contains("has been closed"));
    QVERIFY(cues() < 6);
}

void EngineWorkerTranscriptionTest::badSoundFilesAreProblems()
{
    m_worker->transcribe(QString(RESOURCES_DIR) + "/models/nestling-demo-q8_0.gguf");
    QTRY_VERIFY_WITH_TIMEOUT(!m_failed->isEmpty(), 10'000);
    const QString sentence = m_failed->last().last().value<Problem>().sentence;
    QVERIFY2(sentence.contains("is no sound that can be read"), qPrintable(sentence));
}

QTEST_GUILESS_MAIN(EngineWorkerTranscriptionTest)
#include "engine_worker_transcription_test.moc"
