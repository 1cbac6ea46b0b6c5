#include "ui/peaks.h"

#include <QTest>

using ui::Peaks;

// What is drawn of a sound.
class PeaksTest : public QObject {
    Q_OBJECT

private slots:
    void nothingIsSilent();
    void theLoudestSampleCounts();
    void aSingleSampleIsTheWhole();
    void longSoundsKeepTheirShape();
    void piecesMakeNoDifference();
};

void PeaksTest::nothingIsSilent()
{
    const Peaks peaks;
    QVERIFY(peaks.isEmpty());
    QCOMPARE(peaks.loudest(0, 1), 0.0F);
}

void PeaksTest::theLoudestSampleCounts()
{
    std::vector<qint16> samples(1600, 0);
    samples[100] = 16384;
    samples[1500] = -32768;
    Peaks peaks;
    peaks.add(samples);
    QCOMPARE(peaks.loudest(0, 0.5), 0.5F);
    QCOMPARE(peaks.loudest(0.2, 0.8), 0.0F);
    QCOMPARE(peaks.loudest(0.5, 1), 1.0F);
    QCOMPARE(peaks.loudest(-1, 2), 1.0F);
}

void PeaksTest::aSingleSampleIsTheWhole()
{
    const std::vector<qint16> samples{-8192};
    Peaks peaks;
    peaks.add(samples);
    QVERIFY(!peaks.isEmpty());
    QCOMPARE(peaks.loudest(0, 0.01), 0.25F);
    QCOMPARE(peaks.loudest(0.99, 1), 0.25F);
}

// Ten minutes: silence, but for the sixth.
void PeaksTest::longSoundsKeepTheirShape()
{
    const std::vector<qint16> silence(960'000, 0);
    const std::vector<qint16> loud(960'000, 3277);
    Peaks peaks;
    for (int minute = 0; minute < 10; ++minute)
        peaks.add(minute == 5 ? loud : silence);
    QCOMPARE(peaks.loudest(0, 0.49), 0.0F);
    QVERIFY(peaks.loudest(0.55, 0.551) > 0.1F);
    QCOMPARE(peaks.loudest(0.61, 1), 0.0F);
}

void PeaksTest::piecesMakeNoDifference()
{
    std::vector<qint16> samples(50'001);
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<qint16>(i * 7919 % 32768);
    Peaks whole;
    whole.add(samples);
    Peaks pieces;
    for (std::size_t at = 0, size = 1; at < samples.size(); at += size, size = size * 3 + 1) {
        size = std::min(size, samples.size() - at);
        pieces.add({samples.data() + at, size});
    }
    for (int i = 0; i < 100; ++i)
        QCOMPARE(pieces.loudest(i / 100.0, (i + 1) / 100.0),
                 whole.loudest(i / 100.0, (i + 1) / 100.0));
}

QTEST_GUILESS_MAIN(PeaksTest)
#include "peaks_test.moc"
