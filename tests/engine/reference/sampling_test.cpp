#include <QTest>

#include <array>
#include <cmath>

#include "tests/reference/sampling.h"

using engine::SamplingOptions;
using reference::Candidate;

namespace {

// Nothing cut, nothing penalised.
SamplingOptions everything()
{
    SamplingOptions options;
    options.topK = 0;
    options.topP = 1.0F;
    return options;
}

// Logits whose probabilities are these.
std::vector<float> logitsOf(std::initializer_list<double> probabilities)
{
    std::vector<float> logits;
    for (const double probability : probabilities)
        logits.push_back(static_cast<float>(std::log(probability)));
    return logits;
}

// Whether `actual` holds these ids and probabilities, in this order.
bool matches(const std::vector<Candidate>& actual, const std::vector<Candidate>& expected)
{
    bool isSame = actual.size() == expected.size();
    for (std::size_t i = 0; isSame && i < actual.size(); ++i) {
        isSame = actual[i].id == expected[i].id &&
                 std::abs(actual[i].probability - expected[i].probability) < 1e-6;
    }
    return isSame;
}

}  // namespace

// The sampling rules on distributions small enough to work out by hand.
class SamplingTest : public QObject {
    Q_OBJECT

private slots:
    void everythingIsTheSoftmax();
    void temperatureZeroKeepsTheLikeliest();
    void temperatureSharpens();
    void topKKeepsTheLikeliest();
    void topPKeepsTheFewestThatReachIt();
    void topPCountsWhatTopKLeft();
    void minPIsRelativeToTheLikeliest();
    void penaltyDividesPositiveAndMultipliesNegative();
    void equalLogitsGoByTheLowerId();
};

void SamplingTest::everythingIsTheSoftmax()
{
    const auto kept = reference::candidates(logitsOf({0.2, 0.5, 0.3}), {}, everything());
    QVERIFY(matches(kept, {{1, 0.5}, {2, 0.3}, {0, 0.2}}));
}

void SamplingTest::temperatureZeroKeepsTheLikeliest()
{
    SamplingOptions options = everything();
    options.temperature = 0.0F;
    QVERIFY(matches(reference::candidates(logitsOf({0.2, 0.5, 0.3}), {}, options), {{1, 1.0}}));
}

void SamplingTest::temperatureSharpens()
{
    // At one half, probabilities are squared: 0.04 and 0.64 of 0.68.
    SamplingOptions options = everything();
    options.temperature = 0.5F;
    const auto kept = reference::candidates(logitsOf({0.2, 0.8}), {}, options);
    QVERIFY(matches(kept, {{1, 0.64 / 0.68}, {0, 0.04 / 0.68}}));
}

void SamplingTest::topKKeepsTheLikeliest()
{
    SamplingOptions options = everything();
    options.topK = 2;
    const auto kept = reference::candidates(logitsOf({0.2, 0.5, 0.3}), {}, options);
    QVERIFY(matches(kept, {{1, 0.625}, {2, 0.375}}));
}

void SamplingTest::topPKeepsTheFewestThatReachIt()
{
    SamplingOptions options = everything();
    const std::vector<float> logits = logitsOf({0.2, 0.5, 0.3});
    options.topP = 0.7F;
    QVERIFY(matches(reference::candidates(logits, {}, options), {{1, 0.625}, {2, 0.375}}));
    options.topP = 0.4F;
    QVERIFY(matches(reference::candidates(logits, {}, options), {{1, 1.0}}));
    options.topP = 0.9F;
    QCOMPARE(reference::candidates(logits, {}, options).size(), std::size_t{3});
}

void SamplingTest::topPCountsWhatTopKLeft()
{
    // Of the two that top-k leaves, the first alone has 0.625.
    SamplingOptions options = everything();
    options.topK = 2;
    options.topP = 0.6F;
    const auto kept = reference::candidates(logitsOf({0.2, 0.5, 0.3}), {}, options);
    QVERIFY(matches(kept, {{1, 1.0}}));
}

void SamplingTest::minPIsRelativeToTheLikeliest()
{
    // 0.5 · 0.5 = 0.25 lies between 0.3 and 0.2.
    SamplingOptions options = everything();
    options.minP = 0.5F;
    const auto kept = reference::candidates(logitsOf({0.2, 0.5, 0.3}), {}, options);
    QVERIFY(matches(kept, {{1, 0.625}, {2, 0.375}}));
}

void SamplingTest::penaltyDividesPositiveAndMultipliesNegative()
{
    // 2 becomes 1 and -1 becomes -2, once each however often the ids were said.
    SamplingOptions options = everything();
    options.repetitionPenalty = 2.0F;
    const std::array logits{2.0F, -1.0F, 0.5F};
    const std::array<std::uint32_t, 4> history{0, 1, 1, 0};
    const double total = std::exp(1.0) + std::exp(-2.0) + std::exp(0.5);
    const auto kept = reference::candidates(logits, history, options);
    QVERIFY(matches(
        kept,
        {{0, std::exp(1.0) / total}, {2, std::exp(0.5) / total}, {1, std::exp(-2.0) / total}}));
}

void SamplingTest::equalLogitsGoByTheLowerId()
{
    SamplingOptions options = everything();
    options.topK = 2;
    const std::array logits{0.0F, 1.0F, 1.0F, 1.0F};
    QVERIFY(matches(reference::candidates(logits, {}, options), {{1, 0.5}, {2, 0.5}}));
    QCOMPARE(reference::argMax(logits), 1U);
}

QTEST_GUILESS_MAIN(SamplingTest)
#include "sampling_test.moc"
