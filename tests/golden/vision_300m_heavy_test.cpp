#include <QTest>

#include "tests/golden/vision_checks.h"
#include "tests/support/golden_model.h"

namespace {

// What spec 02 §3 counts for a picture of 768 pixels, and what may be added.
constexpr double kFlops = 871.48e9;
constexpr double kMostFlops = 1.05 * kFlops;
constexpr std::uint64_t kMostActivationBytes = 260'000'000;
constexpr std::uint64_t kParameters = 294'126'912 + 4'460'544;

}  // namespace

// The encoder of the published models in its real size.
class Vision300mTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void encodesAsPublished();
    void costsWhatItMust();

private:
    std::shared_ptr<engine::Device> m_device;
};

void Vision300mTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
}

void Vision300mTest::encodesAsPublished()
{
    tests::checkGoldenPictures(m_device, TEST_DATA_DIR, "300m");
}

// Speed depends on the machine and is only told; nestling-cli bench --image says the same.
void Vision300mTest::costsWhatItMust()
{
    const auto encoder = tests::loadGoldenEncoder(m_device, TEST_DATA_DIR "/golden/vision/300m");
    QVERIFY2(encoder, encoder ? "" : encoder.error().message.c_str());
    QCOMPARE((*encoder)->info().parameters, kParameters);
    const engine::Image picture{2, 2, std::vector<std::uint8_t>(12, 100)};
    const auto costs = (*encoder)->measure(picture, 768, {});
    QVERIFY2(costs, costs ? "" : costs.error().message.c_str());

    double seconds = 0.0;
    std::uint64_t flops = 0;
    for (const auto& kind : costs->kinds) {
        qInfo("| %-17s | %7.0f ms | %5.1f GFLOP/s |", kind.name.c_str(), 1e3 * kind.seconds,
              static_cast<double>(kind.flops) / kind.seconds / 1e9);
        seconds += kind.seconds;
        flops += kind.flops;
    }
    const double dense = static_cast<double>(costs->denseFlops) / costs->denseSeconds;
    qInfo("%.1f s; dense %.1f GFLOP/s, %.2f of a large product; longest submission %.0f ms; "
          "%.1f MB of activations",
          seconds, dense / 1e9, dense / costs->productFlopsPerSecond,
          1e3 * costs->longestSubmissionSeconds,
          1e-6 * static_cast<double>(costs->activationBytes));
    QVERIFY(static_cast<double>(flops) <= kMostFlops);
    QVERIFY(costs->activationBytes <= kMostActivationBytes);
    QVERIFY(static_cast<double>(costs->weightBytes) <=
            1.01 * static_cast<double>((*encoder)->info().deviceWeightBytes));
}

QTEST_GUILESS_MAIN(Vision300mTest)
#include "vision_300m_heavy_test.moc"
