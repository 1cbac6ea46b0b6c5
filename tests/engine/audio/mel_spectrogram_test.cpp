#include <QTest>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/audio/mel_spectrogram.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_audio.h"
#include "tests/support/random_data.h"

using engine::audio::MelSpectrogram;

namespace {

constexpr std::uint32_t kBins = 128;

std::vector<float> melOf(std::span<const float> samples)
{
    MelSpectrogram mel(kBins);
    std::vector<float> frames;
    mel.push(samples, frames);
    mel.finish(frames);
    return frames;
}

}  // namespace

// The features against the published extractor, and against the numbers in its description.
class MelSpectrogramTest : public QObject {
    Q_OBJECT

private slots:
    void goldenFeaturesAreMet_data();
    void goldenFeaturesAreMet();
    void aSineIsAsDescribed();
    void piecesGiveTheSameFrames_data();
    void piecesGiveTheSameFrames();
    void lengthsGiveTheirFrames_data();
    void lengthsGiveTheirFrames();
    void silenceIsTheFloor();
    void framesComeAsSoonAsTheyCan();
    void otherNumbersOfBinsWork();
};

void MelSpectrogramTest::goldenFeaturesAreMet_data()
{
    QTest::addColumn<QString>("set");
    QTest::newRow("small") << "small";
    QTest::newRow("demo-shape") << "demo-shape";
    QTest::newRow("600m") << "600m";
}

void MelSpectrogramTest::goldenFeaturesAreMet()
{
    QFETCH(const QString, set);
    const auto golden =
        tests::readGoldenAudio((TEST_DATA_DIR "/golden/audio/" + set).toStdString());
    QVERIFY2(golden, golden ? "" : golden.error().message.c_str());
    for (const auto& expected : golden->cases) {
        const auto actual = melOf(expected.samples);
        QCOMPARE(actual.size(), expected.mel.size());
        // Quiet bins amplify the noise of a float32 transform; a hundredth of the values may.
        qInfo("| %-23s | mel %.1e |", expected.clip.c_str(),
              tests::largestError(actual, expected.mel));
        QVERIFY(tests::largestError(actual, expected.mel) < 1e-3);
        std::size_t close = 0;
        for (std::size_t i = 0; i < actual.size(); ++i)
            close += std::abs(actual[i] - expected.mel[i]) < 1e-4F ? 1 : 0;
        QVERIFY(static_cast<double>(close) >= 0.99 * static_cast<double>(actual.size()));
    }
}

// Spec 03 §2, "extra vectors", computed in double precision.
void MelSpectrogramTest::aSineIsAsDescribed()
{
    std::vector<float> samples(513);
    for (std::size_t n = 0; n < samples.size(); ++n)
        samples[n] = static_cast<float>(
            0.5 * std::sin(2.0 * std::numbers::pi * 440.0 * static_cast<double>(n) / 16000.0));
    const auto frame = melOf(samples);
    QCOMPARE(frame.size(), std::size_t{kBins});
    const auto near = [&](std::size_t bin, float expected) {
        return std::abs(frame[bin] - expected) < 1e-3F;
    };
    QVERIFY(near(0, -5.73796F));
    QVERIFY(near(1, -6.59268F));
    QVERIFY(near(15, 1.34215F));
    QVERIFY(near(16, 2.28034F));
    QVERIFY(near(17, 2.69681F));
    QVERIFY(near(31, -5.68112F));
    QVERIFY(near(127, -11.51293F));
}

void MelSpectrogramTest::piecesGiveTheSameFrames_data()
{
    QTest::addColumn<uint>("largestPiece");
    for (const uint size : {1U, 7U, 160U, 513U, 4000U})
        QTest::addRow("up to %u", size) << size;
}

void MelSpectrogramTest::piecesGiveTheSameFrames()
{
    QFETCH(const uint, largestPiece);
    const auto samples = tests::randomVector(9001, 3, 0.3F);
    const auto sizes = tests::randomIds(samples.size(), 4, largestPiece);

    MelSpectrogram mel(kBins);
    std::vector<float> frames;
    std::size_t first = 0;
    for (std::size_t i = 0; first < samples.size(); ++i) {
        const std::size_t size = std::min<std::size_t>(sizes[i] + 1, samples.size() - first);
        mel.push(std::span(samples).subspan(first, size), frames);
        first += size;
    }
    mel.finish(frames);
    QCOMPARE(mel.samples(), std::uint64_t{samples.size()});
    QCOMPARE(frames, melOf(samples));  // bit for bit
}

// Spec 03 §1.
void MelSpectrogramTest::lengthsGiveTheirFrames_data()
{
    QTest::addColumn<uint>("samples");
    QTest::addColumn<uint>("frames");
    QTest::newRow("none") << 0U << 0U;
    QTest::newRow("one sample") << 1U << 1U;
    QTest::newRow("four paddings") << 512U << 1U;
    QTest::newRow("one frame") << 513U << 1U;
    QTest::newRow("640 + 32 + 1") << 673U << 2U;
    QTest::newRow("1 s") << 16000U << 97U;
    QTest::newRow("1.302 s") << 20837U << 128U;
    QTest::newRow("2 s") << 32000U << 197U;
    QTest::newRow("30 s") << 480000U << 2997U;
}

void MelSpectrogramTest::lengthsGiveTheirFrames()
{
    QFETCH(const uint, samples);
    QFETCH(const uint, frames);
    QCOMPARE(melOf(std::vector<float>(samples, 0.25F)).size(), std::size_t{frames} * kBins);
}

void MelSpectrogramTest::silenceIsTheFloor()
{
    const auto frames = melOf(std::vector<float>(1600));
    QVERIFY(!frames.empty());
    QVERIFY(std::all_of(frames.begin(), frames.end(),
                        [](float value) { return std::abs(value + 11.512925F) < 1e-5F; }));
}

void MelSpectrogramTest::framesComeAsSoonAsTheyCan()
{
    MelSpectrogram mel(kBins);
    std::vector<float> frames;
    mel.push(std::vector<float>(512, 0.1F), frames);
    QVERIFY(frames.empty());
    mel.push(std::vector<float>(1, 0.1F), frames);
    QCOMPARE(frames.size(), std::size_t{kBins});
    mel.push(std::vector<float>(159, 0.1F), frames);
    QCOMPARE(frames.size(), std::size_t{kBins});
    mel.push(std::vector<float>(1, 0.1F), frames);
    QCOMPARE(frames.size(), std::size_t{2 * kBins});
}

void MelSpectrogramTest::otherNumbersOfBinsWork()
{
    MelSpectrogram mel(40);
    std::vector<float> frames;
    mel.push(tests::randomVector(2000, 5), frames);
    mel.finish(frames);
    QCOMPARE(frames.size() % 40, std::size_t{0});
    QVERIFY(std::all_of(frames.begin(), frames.end(), [](float v) { return v > -11.0F; }));
}

QTEST_GUILESS_MAIN(MelSpectrogramTest)
#include "mel_spectrogram_test.moc"
