#include <QTest>

#include "engine/decoder/tensor_plan.h"
#include "tests/reference/decoder.h"
#include "tests/reference/sampling.h"
#include "tests/support/comparison.h"
#include "tests/support/gemma3_cases.h"

namespace {

// Both sides decode the same blocks and compute in float32 or better; logits reach 20, so float32
// itself is good to some 1e-5.
constexpr double kTolerance = 1e-3;

}  // namespace

// The reference decoder's Gemma 3 form on real weights (18 layers, block types, attention scale).
// Needs the file named by GEMMA3_270M.
class Gemma3ReferenceTest : public QObject {
    Q_OBJECT

private slots:
    void bestLogitsAreThePublishedOnes();
};

void Gemma3ReferenceTest::bestLogitsAreThePublishedOnes()
{
    const std::filesystem::path path = tests::gemma3Path();
    if (path.empty())
        QSKIP("GEMMA3_270M does not name the model file");
    const auto cases = tests::readGemma3Cases(TEST_DATA_DIR "/golden/gemma3-270m");
    QVERIFY2(cases, cases ? "" : cases.error().message.c_str());
    const auto files = engine::file::openModelFiles(path);
    QVERIFY2(files, files ? "" : files.error().message.c_str());
    const auto config = engine::decoder::readDecoderConfig(*files);
    QVERIFY2(config, config ? "" : config.error().message.c_str());
    const auto sources = engine::decoder::planTensors(*config, *files);
    QVERIFY2(sources, sources ? "" : sources.error().message.c_str());
    const auto weights = reference::readWeights(*sources);

    double largest = 0.0;
    for (const tests::Gemma3Case& test : *cases) {
        const auto pass = reference::forward(*config, weights, test.ids);
        const auto logits = std::span(pass.logits).last(config->vocabularySize);
        std::vector<float> best;
        for (const std::uint32_t id : test.topIds)
            best.push_back(logits[id]);
        largest = std::max(largest, tests::largestError(best, test.topLogits));
        QCOMPARE(reference::argMax(logits), test.greedy.front());
    }
    qInfo("| gemma3-270m   | reference, 64 best logits: largest error %.1e |", largest);
    QVERIFY(largest < kTolerance);
}

QTEST_GUILESS_MAIN(Gemma3ReferenceTest)
#include "gemma3_heavy_test.moc"
