#include "app/sound_player.h"

#include <QSignalSpy>
#include <QTest>

#include "tests/support/qt/fake_sound_output.h"

using app::SoundPlayer;
using tests::FakeSoundOutput;

// Playing, with a loudspeaker whose clock is the test's.
class SoundPlayerTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void playsEverySampleInOrder();
    void saysWhereItIs();
    void stopsAtOnce();
    void seeksWithoutAStutter();
    void anotherSoundTakesItsPlace();
    void endsAtTheBeginning();
    void aMissingDeviceIsSaid();
    void aDeviceThatVanishesIsSaid();
    void playsAgainAfterAFailure();
    void placesOutsideAreAtItsEnds();
    void destroyingItWaitsForTheDevice();

private:
    static ui::Sound counting(qsizetype samples)
    {
        QVector<qint16> numbers;
        for (qsizetype i = 0; i < samples; ++i)
            numbers << static_cast<qint16>(i % 30000);
        return ui::makeSound("count.wav", numbers);
    }
    static constexpr int kPieces = 50;  // a second

    std::shared_ptr<FakeSoundOutput::Log> m_log;
    std::unique_ptr<SoundPlayer> m_player;
};

void SoundPlayerTest::init()
{
    m_player.reset();
    m_log = std::make_shared<FakeSoundOutput::Log>();
    m_player = std::make_unique<SoundPlayer>(std::make_unique<FakeSoundOutput>(m_log));
}

void SoundPlayerTest::playsEverySampleInOrder()
{
    const ui::Sound sound = counting(20'001);
    m_log->room.release(1000);
    m_player->play(sound, 0);
    QTRY_COMPARE(m_log->finishes.load(), 1);
    QCOMPARE(m_log->samples(), sound.samples);
    QCOMPARE(m_log->aborts.load(), 0);
}

void SoundPlayerTest::saysWhereItIs()
{
    QSignalSpy changes(m_player.get(), &SoundPlayer::changed);
    m_player->play(counting(2 * ui::kSoundRateHz), 0.5);
    QCOMPARE(changes.count(), 1);
    QVERIFY(m_player->playback().isPlaying);
    QCOMPARE(m_player->playback().seconds, 0.5);
    m_log->room.release(kPieces);
    QTRY_COMPARE(m_player->playback().seconds, 1.5);
    QTRY_COMPARE(changes.count(), 1 + kPieces);
    QVERIFY(m_player->playback().isPlaying);
    m_log->room.release(1000);
}

void SoundPlayerTest::stopsAtOnce()
{
    m_player->play(counting(2 * ui::kSoundRateHz), 0);
    m_log->room.release(10);
    QTRY_COMPARE(m_player->playback().seconds, 0.2);
    m_player->stop();
    QVERIFY(!m_player->playback().isPlaying);
    m_log->room.release(1);  // what was being written
    QTRY_COMPARE(m_log->aborts.load(), 1);
    QCOMPARE(m_log->samples().size(), 11 * ui::kSoundRateHz / 50);
    QTest::qWait(0);
    QCOMPARE(m_player->playback().seconds, 0.2);  // to go on there
    QVERIFY(!m_player->playback().isPlaying);
}

void SoundPlayerTest::seeksWithoutAStutter()
{
    const ui::Sound sound = counting(2 * ui::kSoundRateHz);
    m_player->play(sound, 0);
    m_log->room.release(10);
    QTRY_COMPARE(m_player->playback().seconds, 0.2);
    m_player->play(sound, 1.5);
    m_log->room.release(1000);
    QTRY_COMPARE(m_log->finishes.load(), 1);
    QCOMPARE(m_log->openings.load(), 2);
    QCOMPARE(m_log->samples(), sound.samples.mid(3 * ui::kSoundRateHz / 2));
}

void SoundPlayerTest::anotherSoundTakesItsPlace()
{
    const ui::Sound second = counting(8000);
    m_player->play(counting(32'000), 0);
    m_player->play(second, 0);
    QVERIFY(m_player->playback().sound.isSame(second));
    m_log->room.release(1000);
    QTRY_COMPARE(m_log->finishes.load(), 1);
    QCOMPARE(m_log->samples(), second.samples);
}

void SoundPlayerTest::endsAtTheBeginning()
{
    m_log->room.release(1000);
    m_player->play(counting(8000), 0.25);
    QTRY_VERIFY(!m_player->playback().isPlaying);
    QCOMPARE(m_player->playback().seconds, 0.0);
}

void SoundPlayerTest::aMissingDeviceIsSaid()
{
    m_log->hasDevice = false;
    QSignalSpy failures(m_player.get(), &SoundPlayer::failed);
    m_player->play(counting(8000), 0.25);
    QTRY_COMPARE(failures.count(), 1);
    QCOMPARE(failures.first().first().toString(), "The loudspeaker is gone. Connect it again.");
    QVERIFY(!m_player->playback().isPlaying);
    QCOMPARE(m_player->playback().seconds, 0.25);
}

void SoundPlayerTest::aDeviceThatVanishesIsSaid()
{
    QSignalSpy failures(m_player.get(), &SoundPlayer::failed);
    m_player->play(counting(16'000), 0);
    m_log->room.release(5);
    QTRY_COMPARE(m_player->playback().seconds, 0.1);
    m_log->hasDevice = false;
    m_log->room.release(1);
    QTRY_COMPARE(failures.count(), 1);
    QCOMPARE(m_log->aborts.load(), 1);
    QCOMPARE(m_player->playback().seconds, 0.1);
}

void SoundPlayerTest::playsAgainAfterAFailure()
{
    m_log->hasDevice = false;
    QSignalSpy failures(m_player.get(), &SoundPlayer::failed);
    m_player->play(counting(8000), 0);
    QTRY_COMPARE(failures.count(), 1);
    m_log->hasDevice = true;
    m_log->room.release(1000);
    m_player->play(counting(8000), 0);
    QTRY_COMPARE(m_log->finishes.load(), 1);
    QCOMPARE(failures.count(), 1);
}

void SoundPlayerTest::placesOutsideAreAtItsEnds()
{
    m_log->room.release(1000);
    m_player->play(counting(8000), 99);
    QTRY_COMPARE(m_log->finishes.load(), 1);
    QVERIFY(m_log->samples().isEmpty());
    m_player->play(counting(8000), -1);
    QTRY_COMPARE(m_log->finishes.load(), 2);
    QCOMPARE(m_log->samples().size(), 8000);
}

void SoundPlayerTest::destroyingItWaitsForTheDevice()
{
    m_player->play(counting(160'000), 0);
    m_log->room.release(5);
    QTRY_COMPARE(m_player->playback().seconds, 0.1);
    m_player->stop();
    m_log->room.release(1);
    m_player.reset();
    QCOMPARE(m_log->finishes.load(), 0);
    QCOMPARE(m_log->aborts.load(), 1);
}

QTEST_GUILESS_MAIN(SoundPlayerTest)
#include "sound_player_test.moc"
