#include <QTest>

#include <QTemporaryDir>

#include "engine/decoder/tensor_plan.h"
#include "tests/reference/decoder.h"
#include "tests/reference/sampling.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_set.h"

namespace {

// Float32 values between the steps, double sums inside them: another order of summation moves these
// sets by less than 1e-5 of the largest value (tests/data/golden/README.md).
constexpr double kTolerance = 2e-5;

// A lead that rounding cannot turn.
constexpr float kClearMargin = 1e-3F;

reference::ForwardPass run(const std::filesystem::path& folder, std::span<const std::uint32_t> ids)
{
    const auto files = engine::file::openModelFiles(folder);
    if (!files)
        qFatal("%s", files.error().message.c_str());
    const auto config = engine::decoder::readDecoderConfig(*files);
    if (!config)
        qFatal("%s", config.error().message.c_str());
    const auto sources = engine::decoder::planTensors(*config, *files);
    if (!sources)
        qFatal("%s", sources.error().message.c_str());
    return reference::forward(*config, reference::readWeights(*sources), ids);
}

}  // namespace

// The reference decoder against the answers of the published implementation: what the shaders are
// measured by is itself measured here.
class GoldenTextTest : public QObject {
    Q_OBJECT

private slots:
    void forwardAgreesWithThePublishedModel_data();
    void forwardAgreesWithThePublishedModel();
};

void GoldenTextTest::forwardAgreesWithThePublishedModel_data()
{
    QTest::addColumn<QString>("folder");
    for (const char* name :
         {"e2b-pattern", "e4b-pattern", "per-layer-ffn", "odd-sizes", "long-window", "no-sharing"})
        QTest::newRow(name) << QStringLiteral(TEST_DATA_DIR "/golden/text/") + name;
}

void GoldenTextTest::forwardAgreesWithThePublishedModel()
{
    QFETCH(const QString, folder);
    const auto set = tests::readGoldenSet(folder.toStdString());
    QVERIFY2(set, set ? "" : set.error().message.c_str());
    const QTemporaryDir model;
    QVERIFY(tests::writeModelFolder(*set, model.path().toStdString()));

    // The last greedy token is only drawn, never read.
    std::vector<std::uint32_t> ids = set->ids;
    ids.insert(ids.end(), set->greedy.begin(), set->greedy.end() - 1);
    const auto pass = run(model.path().toStdString(), ids);

    const auto logits =
        tests::rowsAt(pass.logits, ids.size(), set->vocabulary, set->logitsPositions);
    const auto streams =
        tests::rowsAt(pass.streams, ids.size(), set->hidden, set->streamsPositions);
    const double logitsError = tests::relativeError(logits, set->logits);
    const double streamsError = tests::relativeError(streams, set->streams);
    qInfo("logits %.1e, streams %.1e of the largest value", logitsError, streamsError);
    QVERIFY(logitsError < kTolerance);
    QVERIFY(streamsError < kTolerance);

    for (std::size_t i = 0; i < set->greedy.size(); ++i) {
        const std::size_t row = (set->ids.size() - 1 + i) * set->vocabulary;
        const auto textLogits = std::span(pass.logits).subspan(row, set->textVocabulary);
        if (set->greedyMargin[i] >= kClearMargin)
            QCOMPARE(reference::argMax(textLogits), set->greedy[i]);
    }
}

QTEST_GUILESS_MAIN(GoldenTextTest)
#include "golden_text_test.moc"
