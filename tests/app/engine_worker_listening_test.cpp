#include "app/engine_worker.h"

#include <QImage>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "engine/device.h"
#include "tests/support/wave_file.h"

using app::Assistant;
using app::EngineWorker;
using app::Problem;

// Messages that are spoken to the engine behind the window, with the embedded model.
class EngineWorkerListeningTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanupTestCase() { m_worker.reset(); }
    void theModelSaysWhatItHears();
    void spokenMessagesAreAnswered();
    void picturesAreSpokenAbout();
    void clipsFollowOneAnother();
    void whatIsGivenUpLeavesNothing();
    void silenceOfTheSpeakerIsNoMessage();
    void whatCannotBeHeardLosesNothing();
    void listeningNeedsAModel();

private:
    static QVector<float> clip(const char* name);
    // In pieces as a microphone gives them.
    void speak(const QVector<float>& samples, bool endsClip = false);
    void awaitAnswer();

    std::unique_ptr<EngineWorker> m_worker;
    app::ModelSummary m_model;
    QString m_answer;
    quint32 m_contextUsed = 0;
    bool m_isAnswered = false;
    QVector<Problem> m_problems;
};

void EngineWorkerListeningTest::initTestCase()
{
    const auto devices = engine::Device::list();
    if (std::none_of(devices.begin(), devices.end(),
                     [](const auto& each) { return each.isUsable; }))
        QSKIP("no Vulkan device");
    m_worker = std::make_unique<EngineWorker>(QString());
    connect(m_worker.get(), &Assistant::loaded, this,
            [this](int, const app::ModelSummary& model) { m_model = model; });
    connect(m_worker.get(), &Assistant::textArrived, this,
            [this](int, const QString& text, const app::AnswerProgress&) { m_answer += text; });
    connect(m_worker.get(), &Assistant::answered, this,
            [this](int, app::AnswerEnd, const app::AnswerProgress& progress) {
                m_contextUsed = progress.contextUsed;
                m_isAnswered = true;
            });
    const auto keep = [this](int, const Problem& problem) { m_problems << problem; };
    connect(m_worker.get(), &Assistant::askFailed, this, keep);
    connect(m_worker.get(), &Assistant::hearingFailed, this, keep);
    m_worker->load({QString(RESOURCES_DIR) + "/models/nestling-demo-q8_0.gguf"},
                   Assistant::LoadMode::KeepCurrent);
    QTRY_VERIFY_WITH_TIMEOUT(!m_model.name.isEmpty(), 60'000);
}

void EngineWorkerListeningTest::init()
{
    m_worker->newChat();
    m_problems.clear();
}

QVector<float> EngineWorkerListeningTest::clip(const char* name)
{
    const auto samples =
        tests::readWave(std::string(TEST_DATA_DIR "/golden/multimodal/clips/") + name);
    return {samples.begin(), samples.end()};
}

void EngineWorkerListeningTest::speak(const QVector<float>& samples, bool endsClip)
{
    constexpr qsizetype kPiece = 1600;
    for (qsizetype first = 0; first < samples.size(); first += kPiece)
        m_worker->hear(samples.mid(first, kPiece), endsClip && first + kPiece >= samples.size());
}

void EngineWorkerListeningTest::awaitAnswer()
{
    m_answer.clear();
    m_isAnswered = false;
    QTRY_VERIFY_WITH_TIMEOUT(m_isAnswered, 120'000);
}

void EngineWorkerListeningTest::theModelSaysWhatItHears()
{
    QVERIFY(m_model.hearsSound);
    QCOMPARE(m_model.samplesPerClip, qint64{48 * 2560});
}

// As the published implementation answers: golden/multimodal.
void EngineWorkerListeningTest::spokenMessagesAreAnswered()
{
    m_worker->listen({});
    speak(clip("032.wav"));
    m_worker->answerHeard("Transcribe this audio.");
    awaitAnswer();
    QCOMPARE(m_answer, "large red square");
    QVERIFY(m_problems.isEmpty());
}

void EngineWorkerListeningTest::picturesAreSpokenAbout()
{
    QSignalSpy encoded(m_worker.get(), &Assistant::mediumEncoded);
    const QImage heart(TEST_DATA_DIR "/golden/multimodal/pictures/053.png");
    QVERIFY(!heart.isNull());
    const int picture = m_worker->encodePicture(heart);
    m_worker->listen({picture});
    speak(clip("049.wav"));
    m_worker->answerHeard({});
    awaitAnswer();
    QCOMPARE(m_answer, "The heart is large.");
    m_worker->forgetMedium(picture);
}

void EngineWorkerListeningTest::clipsFollowOneAnother()
{
    const QVector<float> thanks = clip("055.wav");
    m_worker->listen({});
    speak(thanks);
    m_worker->answerHeard("Transcribe.");
    awaitAnswer();
    const quint32 one = m_contextUsed - quint32(m_answer.size());
    m_worker->newChat();
    m_worker->listen({});
    speak(thanks, /*endsClip=*/true);
    speak(thanks, /*endsClip=*/true);
    m_worker->answerHeard("Transcribe.");
    awaitAnswer();
    QVERIFY(m_contextUsed > one + 49);  // the rows of a clip, and its ends
    QVERIFY(m_problems.isEmpty());
}

void EngineWorkerListeningTest::whatIsGivenUpLeavesNothing()
{
    m_worker->ask("How are you?", {});
    awaitAnswer();
    const QString answer = m_answer;
    const quint32 used = m_contextUsed;
    m_worker->newChat();
    m_worker->listen({});
    speak(clip("032.wav"));
    m_worker->cancelListening();
    m_worker->ask("How are you?", {});
    awaitAnswer();
    QCOMPARE(m_answer, answer);
    QCOMPARE(m_contextUsed, used);
    QVERIFY(m_problems.isEmpty());
}

void EngineWorkerListeningTest::silenceOfTheSpeakerIsNoMessage()
{
    m_worker->listen({});
    m_worker->answerHeard("Transcribe.");
    QTRY_VERIFY_WITH_TIMEOUT(!m_problems.isEmpty(), 60'000);
    QVERIFY2(m_problems.first().sentence.startsWith("Nothing was heard"),
             qPrintable(m_problems.first().sentence));
}

// A clip that goes on for longer than the model hears in one: said once, and what was heard before
// is answered.
void EngineWorkerListeningTest::whatCannotBeHeardLosesNothing()
{
    m_worker->listen({});
    speak(clip("032.wav"));
    m_worker->hear(QVector<float>(qsizetype(m_model.samplesPerClip)), false);
    m_worker->hear(QVector<float>(1600), false);
    m_worker->answerHeard("Transcribe this audio.");
    awaitAnswer();
    QCOMPARE(m_answer, "large red square");
    QCOMPARE(m_problems.size(), 1);
    QVERIFY2(m_problems.first().sentence.startsWith("The sound is longer than 7.7 s"),
             qPrintable(m_problems.first().sentence));
}

void EngineWorkerListeningTest::listeningNeedsAModel()
{
    EngineWorker worker{QString()};
    QSignalSpy failed(&worker, &Assistant::askFailed);
    const int number = worker.listen({});
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 10'000);
    QCOMPARE(failed.first().first().toInt(), number);
}

QTEST_GUILESS_MAIN(EngineWorkerListeningTest)
#include "engine_worker_listening_test.moc"
