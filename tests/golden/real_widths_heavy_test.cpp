#include <QTest>

#include <optional>

#include "tests/reference/sampling.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"

using tests::GoldenModel;

namespace {

// What the project promises (tests/data/golden/README.md), as a share of the largest value.
constexpr double kTolerance = 1e-4;

// A lead that rounding cannot turn.
constexpr float kClearMargin = 1e-3F;

}  // namespace

// Six layers at the widths of the published E2B, 370 M parameters in bfloat16.
class RealWidthsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void answersAreThePublishedOnes_data();
    void answersAreThePublishedOnes();

private:
    std::optional<GoldenModel> m_model;
};

void RealWidthsTest::initTestCase()
{
    auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    auto model = GoldenModel::load(std::move(device), TEST_DATA_DIR "/golden/text/real-widths");
    QVERIFY2(model, model ? "" : model.error().message.c_str());
    m_model = *std::move(model);
}

void RealWidthsTest::answersAreThePublishedOnes_data()
{
    QTest::addColumn<uint>("chunk");
    for (const uint chunk : {256U, 7U, 1U})
        QTest::addRow("chunks of %u", chunk) << chunk;
}

void RealWidthsTest::answersAreThePublishedOnes()
{
    QFETCH(const uint, chunk);
    const tests::GoldenSet& set = m_model->set();
    auto session = m_model->startSession(256);
    QVERIFY2(session, session ? "" : session.error().message.c_str());

    // The last greedy token is only drawn, never read.
    std::vector<std::uint32_t> ids = set.ids;
    ids.insert(ids.end(), set.greedy.begin(), set.greedy.end() - 1);
    const auto actual = m_model->evaluate(*session, ids, chunk, /*withStreams=*/true);
    QVERIFY2(actual, actual ? "" : actual.error().message.c_str());

    const double logitsError = tests::relativeError(
        tests::rowsAt(actual->logits, ids.size(), set.vocabulary, set.logitsPositions), set.logits);
    const double streamsError = tests::relativeError(
        tests::rowsAt(actual->streams, ids.size(), set.hidden, set.streamsPositions), set.streams);
    qInfo("| real-widths   | chunks of %3u | logits %.1e | streams %.1e |", chunk, logitsError,
          streamsError);
    QVERIFY(logitsError < kTolerance);
    QVERIFY(streamsError < kTolerance);

    for (std::size_t i = 0; i < set.greedy.size(); ++i) {
        const std::size_t row = (set.ids.size() - 1 + i) * set.vocabulary;
        const auto textLogits = std::span(actual->logits).subspan(row, set.textVocabulary);
        if (set.greedyMargin[i] >= kClearMargin)
            QCOMPARE(reference::argMax(textLogits), set.greedy[i]);
    }
}

QTEST_GUILESS_MAIN(RealWidthsTest)
#include "real_widths_heavy_test.moc"
