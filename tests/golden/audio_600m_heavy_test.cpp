#include <QTest>

#include <optional>
#include <span>

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
    void soundCostsNoMoreThanPromised();

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

// In pieces as a microphone gives them.
void Audio600mTest::soundCostsNoMoreThanPromised()
{
    constexpr std::size_t kPiece = 1600;
    constexpr double kSeconds = 2.0;
    const auto samples = tests::randomVector(std::size_t{16000} * 2, 1, 0.1F);
    auto clip = engine::AudioClip::create(m_loaded->encoder);
    QVERIFY(clip);
    for (std::size_t first = 0; first < samples.size(); first += kPiece)
        QVERIFY(clip->push(std::span(samples).subspan(first, kPiece), {}));
    QVERIFY(clip->finish({}));
    const engine::AudioCosts costs = clip->costs();
    const double gigaflops = static_cast<double>(costs.flops) / kSeconds / 1e9;
    const double dispatches = static_cast<double>(costs.dispatches) / costs.passes;
    const std::uint32_t blocks = m_loaded->encoder->info().blocks;
    qInfo("a second of sound: %.1f GFLOP; a pass: %.1f dispatches, %.2f a block; state: %.2f MB",
          gigaflops, dispatches, dispatches / blocks, static_cast<double>(costs.stateBytes) / 1e6);
    QVERIFY(gigaflops > 30.0 && gigaflops <= 34.5);
    QVERIFY(costs.passes >= 3);
    QVERIFY(dispatches <= 12.0 * blocks);
    QVERIFY(costs.stateBytes <= 2200000);
}

QTEST_GUILESS_MAIN(Audio600mTest)
#include "audio_600m_heavy_test.moc"
