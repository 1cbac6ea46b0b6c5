#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "tests/reference/sampling.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::SamplingOptions;
using engine::Session;
using tests::greedy;
using tests::must;
using tests::startSession;

Q_DECLARE_METATYPE(engine::SamplingOptions)

namespace {

constexpr std::uint32_t kTextVocabulary = 320;  // ids that may be drawn
constexpr std::uint32_t kPrompt = 30;

SamplingOptions sampling(float temperature, std::uint32_t topK, float topP, float minP,
                         float penalty = 1.0F)
{
    SamplingOptions options;
    options.temperature = temperature;
    options.topK = topK;
    options.topP = topP;
    options.minP = minP;
    options.repetitionPenalty = penalty;
    options.maxTokens = 24;
    return options;
}

}  // namespace

// How replies are drawn, on the logits of a tiny model.
class SamplingOptionsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void greedyIsTheLargestLogit();
    void topOneIsGreedy();
    void theSameSeedGivesTheSameAnswer();
    void anotherSeedGivesAnotherAnswer();
    void drawsFollowTheDistribution_data();
    void drawsFollowTheDistribution();
    void theLargestTopKDraws();
    void thePenaltyEndsRepetition();
    void optionsOutOfRangeAreRefused_data();
    void optionsOutOfRangeAreRefused();
    void optionsAtTheirBoundsAreTaken_data();
    void optionsAtTheirBoundsAreTaken();
    void noTokensAreDrawnWhereNoneMayBe();

private:
    Session start() const;
    std::vector<std::uint32_t> answer(const SamplingOptions& options) const;
    std::vector<float> lastLogits() const;

    std::shared_ptr<const engine::Model> m_model;
    std::vector<std::uint32_t> m_prompt;
};

void SamplingOptionsTest::initTestCase()
{
    auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    // What is drawn is the same after two layers as after many.
    tests::TinyModelOptions options;
    options.layers = 2;
    options.fullPeriod = 2;
    options.sharedKvLayers = 0;
    options.sparseLayers = 1;
    m_model = tests::loadTiny(std::move(device), tests::TinyModel(options));
    m_prompt = tests::randomIds(kPrompt, /*seed=*/1, kTextVocabulary);
}

Session SamplingOptionsTest::start() const
{
    Session session = startSession(m_model);
    must(session.appendTokens(m_prompt, {}));
    return session;
}

std::vector<std::uint32_t> SamplingOptionsTest::answer(const SamplingOptions& options) const
{
    Session session = start();
    return must(session.generate(options, {}, {})).tokens;
}

// Of the ids that may follow the prompt.
std::vector<float> SamplingOptionsTest::lastLogits() const
{
    Session session = startSession(m_model);
    const auto logits = must(tests::logitsOf(session, m_prompt));
    const auto row = logits.end() - static_cast<std::ptrdiff_t>(m_model->info().vocabularySize);
    return {row, row + kTextVocabulary};
}

void SamplingOptionsTest::greedyIsTheLargestLogit()
{
    const auto tokens = answer(greedy(24));
    QVERIFY(tokens.size() > 8);
    std::vector<std::uint32_t> ids = m_prompt;
    ids.insert(ids.end(), tokens.begin(), tokens.end());
    Session session = startSession(m_model);
    const auto logits = must(tests::logitsOf(session, ids));
    const std::size_t vocabulary = m_model->info().vocabularySize;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto row = std::span(logits).subspan((kPrompt - 1 + i) * vocabulary, kTextVocabulary);
        QCOMPARE(tokens[i], reference::argMax(row));
    }
}

void SamplingOptionsTest::topOneIsGreedy()
{
    QCOMPARE(answer(sampling(1.0F, 1, 1.0F, 0.0F)), answer(greedy(24)));
}

void SamplingOptionsTest::theSameSeedGivesTheSameAnswer()
{
    SamplingOptions options = sampling(1.0F, 64, 0.95F, 0.0F);
    options.seed = 7;
    QCOMPARE(answer(options), answer(options));
}

void SamplingOptionsTest::anotherSeedGivesAnotherAnswer()
{
    std::set<std::vector<std::uint32_t>> answers;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2},
                                     std::uint64_t{1} << 40U, ~std::uint64_t{0}}) {
        SamplingOptions options = sampling(1.5F, 256, 1.0F, 0.0F);
        options.seed = seed;
        answers.insert(answer(options));
    }
    QCOMPARE(answers.size(), std::size_t{5});
}

void SamplingOptionsTest::drawsFollowTheDistribution_data()
{
    QTest::addColumn<SamplingOptions>("options");
    QTest::newRow("top-k") << sampling(1.0F, 5, 1.0F, 0.0F);
    QTest::newRow("top-p") << sampling(0.8F, 64, 0.6F, 0.0F);
    QTest::newRow("min-p") << sampling(1.0F, 0, 1.0F, 0.2F);
    QTest::newRow("all, with a penalty") << sampling(0.7F, 20, 0.9F, 0.05F, 1.5F);
}

// One token each from many seeds. A frequency may be off by five standard deviations, which chance
// does once in a million.
void SamplingOptionsTest::drawsFollowTheDistribution()
{
    QFETCH(SamplingOptions, options);
    constexpr std::uint32_t kDraws = 400;
    const auto candidates = reference::candidates(lastLogits(), m_prompt, options);
    QVERIFY(candidates.size() > 1);

    options.maxTokens = 1;
    Session session = start();
    std::map<std::uint32_t, std::uint32_t> counts;
    for (std::uint32_t seed = 0; seed < kDraws; ++seed) {
        options.seed = seed;
        const std::uint32_t before = session.length();
        const auto reply = must(session.generate(options, {}, {}));
        // What ends a turn is drawn too, but not part of the answer.
        ++counts[reply.tokens.empty() ? kTextVocabulary : reply.tokens.front()];
        session.truncate(before);
    }
    for (const auto& candidate : candidates) {
        const double expected = kDraws * candidate.probability;
        const double deviation = std::sqrt(expected * (1.0 - candidate.probability));
        const double drawn = counts[candidate.id];
        QVERIFY2(std::abs(drawn - expected) <= 5.0 * deviation + 1.0,
                 qPrintable(QString("id %1: %2 draws, %3 expected")
                                .arg(candidate.id)
                                .arg(drawn)
                                .arg(expected)));
        counts.erase(candidate.id);
    }
    // The last candidate may be one or not, as the sums round.
    for (const auto& [id, count] : counts)
        QVERIFY2(count == 0, qPrintable(QString("id %1 was drawn %2 times").arg(id).arg(count)));
}

// So hot that every id is as likely: the 256 best, and no other.
void SamplingOptionsTest::theLargestTopKDraws()
{
    SamplingOptions options = sampling(1e6F, SamplingOptions::kMaxTopK, 1.0F, 0.0F);
    const auto candidates = reference::candidates(lastLogits(), m_prompt, options);
    QCOMPARE(candidates.size(), std::size_t{SamplingOptions::kMaxTopK});
    std::set<std::uint32_t> allowed;
    for (const auto& candidate : candidates)
        allowed.insert(candidate.id);

    options.maxTokens = 1;
    Session session = start();
    std::set<std::uint32_t> drawn;
    for (std::uint32_t seed = 0; seed < 600; ++seed) {
        options.seed = seed;
        const auto reply = must(session.generate(options, {}, {}));
        for (const std::uint32_t id : reply.tokens) {
            QVERIFY(allowed.contains(id));
            drawn.insert(id);
        }
        session.truncate(kPrompt);
    }
    // 600 even draws of 256 leave 24 of them out; 60 would be a wonder.
    QVERIFY2(drawn.size() > 196, qPrintable(QString::number(drawn.size())));
}

void SamplingOptionsTest::thePenaltyEndsRepetition()
{
    SamplingOptions options = greedy(24);
    const auto plain = answer(options);
    options.repetitionPenalty = 50.0F;
    const auto penalised = answer(options);
    QVERIFY(plain != penalised);
    // Positive logits of what was said fall below all others.
    QCOMPARE(std::set(penalised.begin(), penalised.end()).size(), penalised.size());
    for (const std::uint32_t id : penalised)
        QVERIFY(std::find(m_prompt.begin(), m_prompt.end(), id) == m_prompt.end());
}

void SamplingOptionsTest::optionsOutOfRangeAreRefused_data()
{
    constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    QTest::addColumn<SamplingOptions>("options");
    QTest::newRow("temperature below 0") << sampling(-0.1F, 64, 0.95F, 0.0F);
    QTest::newRow("temperature NaN") << sampling(kNaN, 64, 0.95F, 0.0F);
    QTest::newRow("temperature infinite") << sampling(kInfinity, 64, 0.95F, 0.0F);
    QTest::newRow("top-k above 256") << sampling(1.0F, 257, 0.95F, 0.0F);
    QTest::newRow("top-p 0") << sampling(1.0F, 64, 0.0F, 0.0F);
    QTest::newRow("top-p above 1") << sampling(1.0F, 64, 1.01F, 0.0F);
    QTest::newRow("top-p NaN") << sampling(1.0F, 64, kNaN, 0.0F);
    QTest::newRow("min-p below 0") << sampling(1.0F, 64, 0.95F, -0.1F);
    QTest::newRow("min-p above 1") << sampling(1.0F, 64, 0.95F, 1.1F);
    QTest::newRow("min-p NaN") << sampling(1.0F, 64, 0.95F, kNaN);
    QTest::newRow("penalty 0") << sampling(1.0F, 64, 0.95F, 0.0F, 0.0F);
    QTest::newRow("penalty NaN") << sampling(1.0F, 64, 0.95F, 0.0F, kNaN);
    QTest::newRow("penalty infinite") << sampling(1.0F, 64, 0.95F, 0.0F, kInfinity);
}

void SamplingOptionsTest::optionsOutOfRangeAreRefused()
{
    QFETCH(const SamplingOptions, options);
    Session session = start();
    const auto refused = session.generate(options, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), kPrompt);
}

void SamplingOptionsTest::optionsAtTheirBoundsAreTaken_data()
{
    QTest::addColumn<SamplingOptions>("options");
    QTest::newRow("coldest") << sampling(1e-30F, 64, 1.0F, 0.0F);
    QTest::newRow("colder than has an inverse")
        << sampling(std::numeric_limits<float>::denorm_min(), 64, 1.0F, 0.0F);
    QTest::newRow("hottest") << sampling(1e30F, 64, 1.0F, 0.0F);
    QTest::newRow("least top-p") << sampling(1.0F, 64, 1e-30F, 0.0F);
    QTest::newRow("largest min-p") << sampling(1.0F, 64, 1.0F, 1.0F);
    QTest::newRow("penalty below 1") << sampling(1.0F, 64, 1.0F, 0.0F, 0.5F);
    QTest::newRow("penalty huge") << sampling(1.0F, 64, 1.0F, 0.0F, 1e30F);
}

void SamplingOptionsTest::optionsAtTheirBoundsAreTaken()
{
    QFETCH(const SamplingOptions, options);
    Session session = start();
    const auto reply = session.generate(options, {}, {});
    QVERIFY2(reply, reply ? "" : reply.error().message.c_str());
    const auto best = reference::argMax(lastLogits());
    if (options.temperature < 1.0F || options.topP < 0.5F || options.minP == 1.0F)
        QCOMPARE(reply->tokens.front(), best);
}

void SamplingOptionsTest::noTokensAreDrawnWhereNoneMayBe()
{
    Session session = start();
    const auto reply = must(session.generate(greedy(0), {}, {}));
    QCOMPARE(reply.finish, engine::Finish::TokenLimit);
    QVERIFY(reply.tokens.empty());
    QCOMPARE(session.length(), kPrompt);
}

QTEST_GUILESS_MAIN(SamplingOptionsTest)
#include "sampling_options_test.moc"
