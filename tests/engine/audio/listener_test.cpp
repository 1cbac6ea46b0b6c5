#include <QTest>

#include <cmath>
#include <optional>

#include "tests/golden/audio_checks.h"

using engine::AudioClip;
using engine::ErrorCode;

namespace {

// The numbers of the published encoder (spec 03 §0).
engine::audio::AudioConfig publishedConfig()
{
    engine::audio::AudioConfig config;
    config.melBins = 128;
    config.front = {engine::kernels::FrontConvShape{1, 128, 128, 64, 3, 3, 2, 2, 1},
                    engine::kernels::FrontConvShape{128, 64, 32, 32, 3, 3, 2, 2, 1}};
    config.hiddenSize = 1536;
    config.layers = 12;
    config.heads = 8;
    config.headDim = 192;
    config.ffnWidth = 6144;
    config.convTaps = 5;
    config.window = 13;
    config.reduction = 4;
    config.textHiddenSize = 2048;
    return config;
}

}  // namespace

// What listening costs, and how it fails and goes on.
class ListenerTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void aBlockTakesFewDispatches();
    void theStateOfThePublishedEncoderIsSmall();
    void aClipHasRowsWhileItIsHeard();
    void rowsThatWereGivenNeverChange();
    void shortClipsHaveTheirRows_data();
    void shortClipsHaveTheirRows();
    void soundsAtTheLimitsGiveNumbers_data();
    void soundsAtTheLimitsGiveNumbers();
    void longestClipFillsItsRows();
    void moreThanAClipIsRefused();
    void samplesThatAreNoNumbersAreRefused();
    void nothingIsNoSound();
    void afterTheEndNothingIsHeard();
    void stoppingLosesNothing();
    void memoryThatIsMissingIsAnError();
    void aLostDeviceIsAnError();

private:
    AudioClip begin() const;

    std::shared_ptr<engine::Device> m_device;
    std::optional<tests::LoadedAudio> m_loaded;
};

void ListenerTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    auto loaded = tests::loadAudioSet(m_device, TEST_DATA_DIR "/golden/audio/demo-shape");
    QVERIFY2(loaded, loaded ? "" : loaded.error().message.c_str());
    m_loaded = *std::move(loaded);
}

AudioClip ListenerTest::begin() const
{
    auto clip = AudioClip::create(m_loaded->encoder);
    if (!clip)
        qFatal("%s", clip.error().message.c_str());
    return *std::move(clip);
}

void ListenerTest::aBlockTakesFewDispatches()
{
    auto clip = begin();
    QVERIFY(clip.push(std::vector<float>(8640, 0.1F), {}));  // 12 frames and what they look at
    const auto& counters = clip.state().listener->counters();
    QCOMPARE(counters.passes, 1U);
    // Two convolutions of three steps each, a projection, and an embedder of three steps.
    constexpr std::uint64_t kAroundTheBlocks = 10;
    const std::uint64_t blocks = m_loaded->encoder->state().config.layers;
    QVERIFY(counters.dispatches > kAroundTheBlocks);
    QVERIFY(counters.dispatches <= kAroundTheBlocks + 12 * blocks);
}

void ListenerTest::theStateOfThePublishedEncoderIsSmall()
{
    const auto state = engine::audio::CarriedState::create(m_device->context(), publishedConfig());
    QVERIFY(state);
    // Keys, values and gated values alone: 12 blocks of 43,008 numbers.
    QVERIFY(state->bytes() > std::uint64_t{12} * 43008 * 4);
    QVERIFY(state->bytes() <= 2200000);
}

void ListenerTest::aClipHasRowsWhileItIsHeard()
{
    const auto& samples = m_loaded->set.cases.front().samples;
    auto clip = begin();
    QCOMPARE(clip.rowCount(), 0U);
    const auto none = engine::readRows(clip.rows());
    QVERIFY(none && none->empty());
    QVERIFY(clip.push(std::span(samples).first(32000), {}));
    // Of the rows that two seconds allow at most half a second waits for company.
    QVERIFY(clip.rowCount() >= 32000 / 2560 - 3);
    QCOMPARE(clip.rows().count(), clip.rowCount());
    QCOMPARE(clip.samples(), std::uint64_t{32000});
}

void ListenerTest::rowsThatWereGivenNeverChange()
{
    const auto& samples = m_loaded->set.cases.front().samples;
    auto clip = begin();
    QVERIFY(clip.push(std::span(samples).first(20000), {}));
    const auto early = clip.rows();
    const auto before = engine::readRows(early);
    QVERIFY(clip.push(std::span(samples).subspan(20000), {}));
    QVERIFY(clip.finish({}));
    const auto after = engine::readRows(early);
    QVERIFY(before && after);
    QVERIFY(!before->empty());
    QCOMPARE(*after, *before);
}

// Spec 03 §1.
void ListenerTest::shortClipsHaveTheirRows_data()
{
    QTest::addColumn<uint>("samples");
    QTest::addColumn<uint>("rows");
    QTest::newRow("one sample") << 1U << 1U;
    QTest::newRow("10 ms") << 160U << 1U;
    QTest::newRow("1 s") << 16000U << 7U;
    QTest::newRow("1.302 s") << 20837U << 8U;
    QTest::newRow("5 s") << 80000U << 32U;
}

void ListenerTest::shortClipsHaveTheirRows()
{
    QFETCH(const uint, samples);
    QFETCH(const uint, rows);
    const auto heard =
        tests::hear(m_loaded->encoder, tests::randomVector(samples, 1, 0.2F), samples);
    QVERIFY2(heard, heard ? "" : heard.error().message.c_str());
    QCOMPARE(heard->rows.size(), rows * m_loaded->set.textHidden);
    QVERIFY(std::all_of(heard->rows.begin(), heard->rows.end(),
                        [](float value) { return std::isfinite(value); }));
}

void ListenerTest::soundsAtTheLimitsGiveNumbers_data()
{
    QTest::addColumn<float>("even");
    QTest::addColumn<float>("odd");
    QTest::newRow("silence") << 0.0F << 0.0F;
    QTest::newRow("a constant") << 0.5F << 0.5F;
    QTest::newRow("full scale, one way") << 1.0F << 1.0F;
    QTest::newRow("full scale, both ways") << 1.0F << -1.0F;
}

void ListenerTest::soundsAtTheLimitsGiveNumbers()
{
    QFETCH(const float, even);
    QFETCH(const float, odd);
    std::vector<float> samples(16000, even);
    for (std::size_t i = 1; i < samples.size(); i += 2)
        samples[i] = odd;
    const auto heard = tests::hear(m_loaded->encoder, samples, samples.size());
    QVERIFY2(heard, heard ? "" : heard.error().message.c_str());
    QCOMPARE(heard->rows.size(), std::size_t{7} * m_loaded->set.textHidden);
    QVERIFY(std::all_of(heard->rows.begin(), heard->rows.end(),
                        [](float value) { return std::isfinite(value); }));
}

void ListenerTest::longestClipFillsItsRows()
{
    const engine::AudioInfo& info = m_loaded->encoder->info();
    QCOMPARE(info.samplesPerClip, std::uint64_t{info.softTokensPerClip} * 2560);
    auto clip = begin();
    QVERIFY(clip.push(std::vector<float>(info.samplesPerClip), {}));
    const auto rows = clip.finish({});
    QVERIFY(rows);
    QCOMPARE(clip.rowCount(), info.softTokensPerClip);
    QCOMPARE(rows->count(), info.softTokensPerClip);
}

void ListenerTest::moreThanAClipIsRefused()
{
    auto clip = begin();
    const auto most = static_cast<std::size_t>(m_loaded->encoder->info().samplesPerClip);
    QVERIFY(clip.push(std::vector<float>(1000), {}));
    const auto refused = clip.push(std::vector<float>(most - 999), {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QVERIFY(refused.error().message.find("7.7 s") != std::string::npos);
    QCOMPARE(clip.samples(), std::uint64_t{1000});
}

void ListenerTest::samplesThatAreNoNumbersAreRefused()
{
    auto clip = begin();
    for (const float wrong : {std::nanf(""), HUGE_VALF}) {
        const auto refused = clip.push(std::vector{0.0F, wrong}, {});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    }
    QCOMPARE(clip.samples(), std::uint64_t{0});
}

void ListenerTest::nothingIsNoSound()
{
    auto clip = begin();
    QVERIFY(clip.push({}, {}));
    const auto refused = clip.finish({});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
}

void ListenerTest::afterTheEndNothingIsHeard()
{
    auto clip = begin();
    QVERIFY(clip.push(std::vector<float>(1000), {}));
    QVERIFY(clip.finish({}));
    QVERIFY(!clip.push(std::vector<float>(1), {}));
    QVERIFY(!clip.finish({}));
}

void ListenerTest::stoppingLosesNothing()
{
    const auto& expected = m_loaded->set.cases.front();
    std::stop_source source;
    source.request_stop();
    auto clip = begin();
    const auto stopped = clip.push(expected.samples, source.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    QCOMPARE(clip.rowCount(), 0U);
    const auto stoppedAgain = clip.finish(source.get_token());
    QVERIFY(!stoppedAgain);
    QCOMPARE(stoppedAgain.error().code, ErrorCode::Cancelled);

    QVERIFY(clip.finish({}));
    const auto rows = engine::readRows(clip.rows());
    QVERIFY(rows);
    QVERIFY(tests::relativeError(*rows, expected.softTokens) <= tests::kLargestAudioError);
}

void ListenerTest::memoryThatIsMissingIsAnError()
{
    auto& limit = m_device->context().faults().memoryLimit;
    limit = m_device->context().allocatedBytes() + 1000;
    const auto clip = AudioClip::create(m_loaded->encoder);
    const auto encoder = tests::loadGoldenAudio(m_device, m_loaded->set);
    limit = UINT64_MAX;
    QVERIFY(!clip);
    QCOMPARE(clip.error().code, ErrorCode::OutOfMemory);
    QVERIFY(!encoder);
    QCOMPARE(encoder.error().code, ErrorCode::OutOfMemory);
    QVERIFY(AudioClip::create(m_loaded->encoder));
}

void ListenerTest::aLostDeviceIsAnError()
{
    auto clip = begin();
    m_device->context().faults().submissionsLeft = 0;
    const auto lost = clip.push(std::vector<float>(16000), {});
    m_device->context().faults().submissionsLeft = UINT64_MAX;
    QVERIFY(!lost);
    QCOMPARE(lost.error().code, ErrorCode::DeviceLost);
}

QTEST_GUILESS_MAIN(ListenerTest)
#include "listener_test.moc"
