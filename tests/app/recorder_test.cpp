#include <QSignalSpy>
#include <QTest>

#include <memory>
#include <vector>

#include "app/recorder.h"
#include "tests/app/fake_sound_system.h"
#include "tests/support/wave_file.h"

using app::Recorder;
using app::RecordingEnd;
using End = app::SpokenTurn::End;

namespace {

constexpr quint64 kSamplesPerClip = 122880;

std::vector<float> speech()
{
    return tests::readWave(TEST_DATA_DIR "/golden/multimodal/clips/012.wav");
}

}  // namespace

// Recording beside the window's thread, on a microphone that the test speaks into.
class RecorderTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_recorder.reset(); }

    void devicesAreListed();
    void whatIsSaidIsRecordedAndGivenInClips();
    void aPauseEndsItIfWished();
    void nothingIsRecordedWhilePaused();
    void cancelClosesTheMicrophone();
    void aDeviceThatVanishesEndsItAfterWhatWasHeard();
    void lossesAreTold();
    void aMicrophoneThatDoesNotOpenIsASentence();
    void startingAgainGivesTheFirstUp();

private:
    int start(End end = End::ByHand);
    // Speaks once the microphone is open.
    void speak(const std::vector<float>& samples);
    QVector<float> recorded(int recording) const;
    QVector<float> given(int recording) const;

    std::shared_ptr<tests::FakeMicrophone> m_fake;
    std::unique_ptr<Recorder> m_recorder;
    std::unique_ptr<QSignalSpy> m_recorded;
    std::unique_ptr<QSignalSpy> m_spoken;
    std::unique_ptr<QSignalSpy> m_changed;
    std::unique_ptr<QSignalSpy> m_ended;
    std::unique_ptr<QSignalSpy> m_failed;
};

void RecorderTest::init()
{
    m_fake = std::make_shared<tests::FakeMicrophone>();
    m_recorder = std::make_unique<Recorder>(
        [fake = m_fake]() -> engine::Result<std::unique_ptr<app::SoundSystem>> {
            return std::unique_ptr<app::SoundSystem>(
                std::make_unique<tests::FakeSoundSystem>(fake));
        });
    m_recorded = std::make_unique<QSignalSpy>(m_recorder.get(), &Recorder::recorded);
    m_spoken = std::make_unique<QSignalSpy>(m_recorder.get(), &Recorder::spoken);
    m_changed = std::make_unique<QSignalSpy>(m_recorder.get(), &Recorder::changed);
    m_ended = std::make_unique<QSignalSpy>(m_recorder.get(), &Recorder::ended);
    m_failed = std::make_unique<QSignalSpy>(m_recorder.get(), &Recorder::failed);
}

int RecorderTest::start(End end)
{
    return m_recorder->start({{}, end, kSamplesPerClip});
}

void RecorderTest::speak(const std::vector<float>& samples)
{
    QTRY_VERIFY(m_fake->ring != nullptr);
    m_fake->speak(samples);
}

QVector<float> RecorderTest::recorded(int recording) const
{
    QVector<float> all;
    for (const QList<QVariant>& call : *m_recorded)
        if (call[0].toInt() == recording)
            all += call[1].value<QVector<float>>();
    return all;
}

QVector<float> RecorderTest::given(int recording) const
{
    QVector<float> all;
    for (const QList<QVariant>& call : *m_spoken)
        if (call[0].toInt() == recording)
            all += call[1].value<QVector<float>>();
    return all;
}

void RecorderTest::devicesAreListed()
{
    m_fake->inputs = {{"Of the system", true, 2, 48000}, {"Headset", false, 1, 16000}};
    QSignalSpy listed(m_recorder.get(), &Recorder::devicesListed);
    m_recorder->listDevices();
    QTRY_COMPARE(listed.size(), 1);
    QCOMPARE(listed[0][0].toStringList(), (QStringList{"Of the system", "Headset"}));
}

void RecorderTest::whatIsSaidIsRecordedAndGivenInClips()
{
    const auto said = speech();
    const int recording = start();
    speak(said);
    QTRY_VERIFY(!given(recording).isEmpty());  // while it is said
    m_recorder->finish();
    QTRY_COMPARE(m_ended->size(), 1);
    QCOMPARE(m_ended->front()[1].value<RecordingEnd>(), RecordingEnd::Complete);
    QCOMPARE(m_ended->front()[2].toString(), QString());
    QCOMPARE(recorded(recording), QVector<float>(said.begin(), said.end()));
    QVERIFY(m_spoken->back()[2].toBool());  // the clip is over
    QVERIFY(m_fake->ring == nullptr);
}

void RecorderTest::aPauseEndsItIfWished()
{
    start(End::ByPause);
    speak(speech());
    m_fake->speak(std::vector<float>(24000, 0.0F));
    QTRY_COMPARE(m_ended->size(), 1);
    QVERIFY(m_fake->ring == nullptr);
}

void RecorderTest::nothingIsRecordedWhilePaused()
{
    const int recording = start();
    speak(std::vector<float>(1000, 0.25F));
    QTRY_COMPARE(recorded(recording).size(), 1000);
    m_recorder->setPaused(true);
    QTRY_VERIFY(!m_changed->isEmpty());
    QTest::qWait(50);
    m_fake->speak(std::vector<float>(2000, 0.5F));
    m_changed->clear();
    QTRY_VERIFY(m_changed->size() >= 2);
    m_recorder->setPaused(false);
    QTest::qWait(50);
    m_fake->speak(std::vector<float>(500, 0.75F));
    QTRY_COMPARE(recorded(recording).size(), 1500);
    QCOMPARE(recorded(recording).back(), 0.75F);
    QVERIFY(!recorded(recording).contains(0.5F));
}

void RecorderTest::cancelClosesTheMicrophone()
{
    start();
    speak(speech());
    m_recorder->cancel();
    QTRY_VERIFY(m_fake->ring == nullptr);
    QTest::qWait(50);
    QVERIFY(m_ended->isEmpty());
}

void RecorderTest::aDeviceThatVanishesEndsItAfterWhatWasHeard()
{
    const auto said = speech();
    const int recording = start();
    speak(said);
    m_fake->isRunning = false;
    QTRY_COMPARE(m_ended->size(), 1);
    QCOMPARE(m_ended->front()[1].value<RecordingEnd>(), RecordingEnd::Broken);
    QCOMPARE(m_ended->front()[2].toString(),
             QString("The microphone \"Fake\" is gone. What was heard until then is kept."));
    QCOMPARE(recorded(recording).size(), static_cast<qsizetype>(said.size()));
    QVERIFY(m_spoken->back()[2].toBool());
}

void RecorderTest::lossesAreTold()
{
    start();
    QTRY_VERIFY(m_fake->ring != nullptr);
    m_fake->ring.load()->write(nullptr, 8000);
    m_fake->speak(std::vector<float>(1000, 0.25F));
    QTRY_VERIFY(!m_changed->isEmpty());
    const QString sentence = "0.5 s of the sound were lost, as the computer was too busy.";
    QCOMPARE(m_changed->back()[1].value<app::RecordingState>().lost, sentence);
    m_recorder->finish();
    QTRY_COMPARE(m_ended->size(), 1);
    QCOMPARE(m_ended->front()[2].toString(), sentence);
}

void RecorderTest::aMicrophoneThatDoesNotOpenIsASentence()
{
    m_fake->refusal = "Permission denied";
    start();
    QTRY_COMPARE(m_failed->size(), 1);
    QVERIFY(m_failed->front()[1].toString().contains("Permission denied"));
}

void RecorderTest::startingAgainGivesTheFirstUp()
{
    const int first = start();
    speak(std::vector<float>(1000, 0.25F));
    QTRY_COMPARE(recorded(first).size(), 1000);
    const int second = start();
    QVERIFY(second != first);
    QTRY_VERIFY(m_fake->ring != nullptr);
    m_recorder->finish();
    QTRY_COMPARE(m_ended->size(), 1);
    QCOMPARE(m_ended->front()[0].toInt(), second);
}

QTEST_GUILESS_MAIN(RecorderTest)
#include "recorder_test.moc"
