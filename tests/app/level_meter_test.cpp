#include <QElapsedTimer>
#include <QTest>

#include <cmath>
#include <numbers>
#include <vector>

#include "app/level_meter.h"

using app::LevelMeter;

namespace {

constexpr double kRateHz = 16000;

std::vector<float> tone(double amplitude, double seconds, double offset = 0.0)
{
    std::vector<float> samples(static_cast<std::size_t>(std::lround(seconds * kRateHz)));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] =
            static_cast<float>(offset + amplitude * std::sin(2.0 * std::numbers::pi * 1000.0 *
                                                             static_cast<double>(i) / kRateHz));
    return samples;
}

std::vector<float> constant(float value, double seconds)
{
    return std::vector<float>(static_cast<std::size_t>(std::lround(seconds * kRateHz)), value);
}

// The decibels of a meter are looked at, not measured with.
bool isNear(float actual, double expected)
{
    return std::abs(actual - expected) < 0.5;
}

}  // namespace

class LevelMeterTest : public QObject {
    Q_OBJECT

private slots:
    void silenceIsTheFloor();
    void aToneHasItsLevelAndPeak_data();
    void aToneHasItsLevelAndPeak();
    void aConstantOffsetIsNoSound();
    void thePeakIsHeldAndFalls();
    void aClipIsShownForTwoSeconds();
    void silenceLeavesItFast();
};

void LevelMeterTest::silenceIsTheFloor()
{
    LevelMeter meter(kRateHz);
    QCOMPARE(meter.levelDb(), LevelMeter::kFloorDb);
    meter.push(constant(0.0F, 1.0));
    QCOMPARE(meter.levelDb(), LevelMeter::kFloorDb);
    QCOMPARE(meter.peakDb(), LevelMeter::kFloorDb);
    QVERIFY(!meter.isClipped());
}

void LevelMeterTest::aToneHasItsLevelAndPeak_data()
{
    QTest::addColumn<double>("amplitude");
    QTest::addColumn<double>("offset");
    QTest::newRow("loud") << 0.5 << 0.0;
    QTest::newRow("soft") << 0.01 << 0.0;
    QTest::newRow("beside zero") << 0.1 << 0.4;
}

void LevelMeterTest::aToneHasItsLevelAndPeak()
{
    QFETCH(const double, amplitude);
    QFETCH(const double, offset);
    LevelMeter meter(kRateHz);
    meter.push(tone(amplitude, 2.5, offset));
    QVERIFY(isNear(meter.levelDb(), 20.0 * std::log10(amplitude / std::numbers::sqrt2)));
    QVERIFY(isNear(meter.peakDb(), 20.0 * std::log10(amplitude)));
}

void LevelMeterTest::aConstantOffsetIsNoSound()
{
    LevelMeter meter(kRateHz);
    meter.push(constant(0.7F, 1.0));
    QCOMPARE(meter.levelDb(), LevelMeter::kFloorDb);
    QCOMPARE(meter.peakDb(), LevelMeter::kFloorDb);
}

void LevelMeterTest::thePeakIsHeldAndFalls()
{
    LevelMeter meter(kRateHz);
    meter.push(tone(0.5, 0.1));
    const float peak = meter.peakDb();
    meter.push(constant(0.0F, 0.9));
    QVERIFY(isNear(meter.peakDb(), peak));
    meter.push(constant(0.0F, 1.1));
    // The second began with the highest sample of the tone, wherever in it that was.
    QVERIFY(meter.peakDb() <= peak - 19.5F && meter.peakDb() >= peak - 22.5F);
    QCOMPARE(meter.levelDb(), LevelMeter::kFloorDb);
}

void LevelMeterTest::aClipIsShownForTwoSeconds()
{
    LevelMeter meter(kRateHz);
    meter.markClip();
    meter.push(constant(0.0F, 1.9));
    QVERIFY(meter.isClipped());
    meter.push(constant(0.0F, 0.2));
    QVERIFY(!meter.isClipped());
}

// What falls for long gets smaller than the processor is fast with.
void LevelMeterTest::silenceLeavesItFast()
{
    LevelMeter meter(kRateHz);
    meter.push(tone(1.0, 0.1));
    const std::vector<float> second = constant(0.0F, 1.0);
    for (int i = 0; i < 120; ++i)
        meter.push(second);
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 10; ++i)
        meter.push(second);
    QVERIFY2(timer.elapsed() < 200, "a second of silence takes more than 20 ms");
    QCOMPARE(meter.levelDb(), LevelMeter::kFloorDb);
}

QTEST_GUILESS_MAIN(LevelMeterTest)
#include "level_meter_test.moc"
