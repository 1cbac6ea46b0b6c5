#include "ui/sound_bar.h"

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "ui/waveform.h"

using ui::SoundBar;

// A sound of twelve seconds in its line.
class SoundBarTest : public QObject {
    Q_OBJECT

private slots:
    void init();
    void saysPositionAndLength();
    void theButtonPlaysAndStops();
    void keysSeek_data();
    void keysSeek();
    void aClickSeeks();
    void seekingWhilePlayingPlaysFromThere();
    void draggingIsLeftAlone();
    void otherSoundsDoNotMoveIt();
    void playsAgainFromTheBeginning();
    void theSameSoundKeepsItsPlace();
    void whatIsUnreadCannotBePlayed();
    void everyPartHasAName();
    void loudPartsAreHigh();
    void theWheelIsLeftToTheConversation();

private:
    static ui::Sound twelveSeconds()
    {
        QVector<qint16> samples(12 * ui::kSoundRateHz, 0);
        std::fill(samples.begin() + samples.size() / 2, samples.end(), qint16{32767});
        return ui::makeSound("nest.wav", samples);
    }
    ui::Waveform& waveform() const { return *m_bar->findChild<ui::Waveform*>(); }
    QPushButton& button() const { return *m_bar->findChild<QPushButton*>("playOrStop"); }
    QString time() const { return m_bar->findChild<QLabel*>()->text(); }

    ui::Sound m_sound = twelveSeconds();
    std::unique_ptr<SoundBar> m_bar;
};

void SoundBarTest::init()
{
    m_bar = std::make_unique<SoundBar>();
    m_bar->resize(360, 40);
    m_bar->setSound(m_sound);
    m_bar->show();
}

void SoundBarTest::saysPositionAndLength()
{
    QCOMPARE(time(), "0:00 / 0:12");
    m_bar->setPlayback({m_sound, 7.4, true});
    QCOMPARE(time(), "0:07 / 0:12");
    QCOMPARE(waveform().accessibleDescription(), "0:07 of 0:12");
    QCOMPARE(ui::clockText(754), "12:34");
}

void SoundBarTest::theButtonPlaysAndStops()
{
    QSignalSpy plays(m_bar.get(), &SoundBar::playRequested);
    QSignalSpy stops(m_bar.get(), &SoundBar::stopRequested);
    QTest::mouseClick(&button(), Qt::LeftButton);
    QCOMPARE(plays.count(), 1);
    QVERIFY(plays.first()[0].value<ui::Sound>().isSame(m_sound));
    QCOMPARE(plays.first()[1].toDouble(), 0.0);
    m_bar->setPlayback({m_sound, 3, true});
    QTest::keyClick(&button(), Qt::Key_Space);
    QCOMPARE(stops.count(), 1);
    QCOMPARE(plays.count(), 1);

    m_bar->setPlayback({m_sound, 3, false});
    QTest::mouseClick(&button(), Qt::LeftButton);
    QCOMPARE(plays.last()[1].toDouble(), 3.0);  // where it was stopped
}

void SoundBarTest::keysSeek_data()
{
    QTest::addColumn<Qt::Key>("key");
    QTest::addColumn<QString>("expected");

    QTest::newRow("right") << Qt::Key_Right << "0:07 / 0:12";
    QTest::newRow("left") << Qt::Key_Left << "0:05 / 0:12";
    QTest::newRow("page up") << Qt::Key_PageUp << "0:11 / 0:12";
    QTest::newRow("page down") << Qt::Key_PageDown << "0:01 / 0:12";
    QTest::newRow("home") << Qt::Key_Home << "0:00 / 0:12";
    QTest::newRow("end") << Qt::Key_End << "0:12 / 0:12";
}

void SoundBarTest::keysSeek()
{
    QFETCH(const Qt::Key, key);
    QFETCH(const QString, expected);
    m_bar->setPlayback({m_sound, 6, false});
    QTest::keyClick(&waveform(), key);
    QCOMPARE(time(), expected);
}

void SoundBarTest::aClickSeeks()
{
    QSignalSpy plays(m_bar.get(), &SoundBar::playRequested);
    QTest::mouseClick(&waveform(), Qt::LeftButton, {}, waveform().rect().center());
    QCOMPARE(time(), "0:05 / 0:12");  // the pixel left of the middle
    QCOMPARE(plays.count(), 0);
    QTest::mouseClick(&button(), Qt::LeftButton);
    QVERIFY(std::abs(plays.first()[1].toDouble() - 6) < 0.1);
}

void SoundBarTest::seekingWhilePlayingPlaysFromThere()
{
    m_bar->setPlayback({m_sound, 6, true});
    QSignalSpy plays(m_bar.get(), &SoundBar::playRequested);
    QTest::keyClick(&waveform(), Qt::Key_Right);
    QCOMPARE(plays.count(), 1);
    QCOMPARE(plays.first()[1].toDouble(), 7.0);
}

void SoundBarTest::draggingIsLeftAlone()
{
    m_bar->setPlayback({m_sound, 0, true});
    QSignalSpy plays(m_bar.get(), &SoundBar::playRequested);
    const int right = waveform().width() - 1;
    QTest::mousePress(&waveform(), Qt::LeftButton, {}, {1, 5});
    QTest::mouseMove(&waveform(), {right, 5});
    m_bar->setPlayback({m_sound, 1, true});
    QVERIFY(time().startsWith("0:11"));
    QCOMPARE(plays.count(), 0);
    QTest::mouseRelease(&waveform(), Qt::LeftButton, {}, {right, 5});
    QCOMPARE(plays.count(), 1);
    QVERIFY(plays.first()[1].toDouble() > 11);
}

void SoundBarTest::otherSoundsDoNotMoveIt()
{
    m_bar->setPlayback({m_sound, 6, true});
    m_bar->setPlayback({twelveSeconds(), 2, true});
    QCOMPARE(time(), "0:06 / 0:12");
    QCOMPARE(button().accessibleName(), "Play nest.wav");
}

void SoundBarTest::playsAgainFromTheBeginning()
{
    m_bar->setPlayback({m_sound, 12, false});
    QSignalSpy plays(m_bar.get(), &SoundBar::playRequested);
    QTest::mouseClick(&button(), Qt::LeftButton);
    QCOMPARE(plays.first()[1].toDouble(), 0.0);
}

void SoundBarTest::theSameSoundKeepsItsPlace()
{
    m_bar->setPlayback({m_sound, 6, true});
    m_bar->setSound(m_sound);
    QCOMPARE(time(), "0:06 / 0:12");
    m_bar->setSound(twelveSeconds());
    QCOMPARE(time(), "0:00 / 0:12");
}

void SoundBarTest::whatIsUnreadCannotBePlayed()
{
    m_bar->setSound({"egg.wav", {}, {}});
    QVERIFY(!button().isEnabled());
    QVERIFY(!waveform().isEnabled());
    QCOMPARE(time(), "…");
}

void SoundBarTest::everyPartHasAName()
{
    QCOMPARE(button().accessibleName(), "Play nest.wav");
    QCOMPARE(waveform().accessibleName(), "Position in nest.wav");
    m_bar->setPlayback({m_sound, 1, true});
    QCOMPARE(button().accessibleName(), "Stop nest.wav");
}

// Silence, then full scale.
void SoundBarTest::loudPartsAreHigh()
{
    waveform().clearFocus();
    const QImage shown = waveform().grab().toImage();
    const auto inked = [&shown](int from, int to) {
        int count = 0;
        for (int x = from; x < to; ++x) {
            for (int y = 0; y < shown.height(); ++y)
                count += shown.pixel(x, y) != shown.pixel(shown.width() - 1, 0) ? 1 : 0;
        }
        return count;
    };
    const int middle = shown.width() / 2;
    QVERIFY(inked(0, middle - 5) > 0);
    QVERIFY(inked(middle + 5, shown.width()) > 5 * inked(0, middle - 5));
}

void SoundBarTest::theWheelIsLeftToTheConversation()
{
    QWheelEvent wheel({5, 5}, waveform().mapToGlobal(QPoint(5, 5)), {}, {0, -120}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&waveform(), &wheel);
    QVERIFY(!wheel.isAccepted());
    QCOMPARE(waveform().value(), 0);
}

QTEST_MAIN(SoundBarTest)
#include "sound_bar_test.moc"
