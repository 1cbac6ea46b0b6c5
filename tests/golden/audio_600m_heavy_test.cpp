#include <QTest>

#include <optional>

#include "tests/golden/audio_checks.h"

// The published sound encoder's shape, 681 M parameters in float32, against the published
// implementation's rows.
class Audio600mTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void clipIsThePublishedOne();
    void hardRowsAreThePublishedOnes();
    void piecesGiveTheSameRows();
    void aSecondOfSoundCostsNoMoreThanPromised();

private:
    std::optional<tests::LoadedAudio> m_loaded;
};

void Audio600mTest::initTestCase()
{
    auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    auto loaded = tests::loadAudioSet(std::move(device), TEST_DATA_DIR "/golden/audio/600m");
    QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
    m_loaded = *std::move(loaded);
}

void Audio600mTest::clipIsThePublishedOne()
{
    tests::checkClips(*m_loaded);
}

void Audio600mTest::hardRowsAreThePublishedOnes()
{
    tests::checkHardRows(*m_loaded);
}

void Audio600mTest::piecesGiveTheSameRows()
{
    const auto& expected = m_loaded->set.cases.front();
    const auto pieces = tests::hear(m_loaded->encoder, expected.samples, 20000, 3);
    QVERIFY2(pieces, pieces ? "" : pieces.error().message.c_str());
    QVERIFY(tests::relativeError(pieces->rows, expected.softTokens) <= tests::kLargestAudioError);
}

void Audio600mTest::aSecondOfSoundCostsNoMoreThanPromised()
{
    const auto samples = tests::randomVector(32000, 1, 0.1F);
    const auto heard = tests::hear(m_loaded->encoder, samples, samples.size());
    QVERIFY(heard);
    const double gigaflops = static_cast<double>(heard->counters.flops) / 2.0 / 1e9;
    qInfo("| a second of sound: %.1f GFLOP |", gigaflops);
    QVERIFY(gigaflops > 30.0 && gigaflops <= 34.5);
}

QTEST_GUILESS_MAIN(Audio600mTest)
#include "audio_600m_heavy_test.moc"
