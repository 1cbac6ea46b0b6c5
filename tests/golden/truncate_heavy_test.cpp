#include <QTest>

#include <optional>

#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"

using engine::Session;
using tests::GoldenModel;

namespace {

// The window of this set is 32 tokens, far fewer than a session keeps of a sliding layer.
constexpr const char* kSet = TEST_DATA_DIR "/golden/text/long-window";

// Longer than the ring of a sliding layer (the window and 1,024 tokens of slack), so that its start
// has been overwritten.
constexpr std::size_t kTokens = 1100;

// The cache holds the same numbers; only the order of sums may differ where chunks fall otherwise.
constexpr double kTolerance = 1e-5;

}  // namespace

// Forgetting the end of a conversation: what follows is as if it had never been said.
class TruncateTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void continuingEqualsNeverHavingSaidIt_data();
    void continuingEqualsNeverHavingSaidIt();
    void truncatingRepeatedlyIsTruncatingToTheLast();
    void generatingAgainEqualsTheFirstTime_data();
    void generatingAgainEqualsTheFirstTime();
    void truncatingBeyondTheEndChangesNothing();

private:
    Session start(std::size_t tokens) const;
    std::vector<float> continued(Session& session) const;
    std::vector<std::uint32_t> generated(Session& session) const;

    std::vector<std::uint32_t> m_ids;   // the conversation
    std::vector<std::uint32_t> m_next;  // how it goes on otherwise
    std::optional<GoldenModel> m_model;
};

void TruncateTest::initTestCase()
{
    auto device = tests::openDevice();
    if (!device)
        QSKIP("no Vulkan device");
    auto model = GoldenModel::load(std::move(device), kSet);
    QVERIFY2(model, model ? "" : model.error().message.c_str());
    m_model = *std::move(model);

    const auto bound = static_cast<std::uint32_t>(m_model->set().textVocabulary);
    m_ids = tests::randomIds(kTokens, /*seed=*/1, bound);
    m_next = tests::randomIds(20, /*seed=*/2, bound);
}

// A session that has read the first `tokens` of the conversation.
Session TruncateTest::start(std::size_t tokens) const
{
    auto session = m_model->startSession();
    if (!session)
        qFatal("%s", session.error().message.c_str());
    if (tokens > 0) {
        const auto appended = session->appendTokens(std::span(m_ids).first(tokens), {});
        if (!appended)
            qFatal("%s", appended.error().message.c_str());
    }
    return *std::move(session);
}

std::vector<float> TruncateTest::continued(Session& session) const
{
    auto evaluation = m_model->evaluate(session, m_next, 16);
    if (!evaluation)
        qFatal("%s", evaluation.error().message.c_str());
    return std::move(evaluation->logits);
}

std::vector<std::uint32_t> TruncateTest::generated(Session& session) const
{
    engine::SamplingOptions options;
    options.seed = 3;
    options.maxTokens = 24;
    const auto reply = session.generate(options, {}, {});
    if (!reply)
        qFatal("%s", reply.error().message.c_str());
    return reply->tokens;
}

void TruncateTest::continuingEqualsNeverHavingSaidIt_data()
{
    QTest::addColumn<uint>("length");
    // From the start, around the window, around the last position whose window the ring has lost
    // (1099 that were read, less 1056, and 31 more), at the end.
    for (const uint length : {0U, 33U, 73U, 74U, 1099U})
        QTest::addRow("%u", length) << length;
}

void TruncateTest::continuingEqualsNeverHavingSaidIt()
{
    QFETCH(const uint, length);
    Session session = start(kTokens);
    session.truncate(length);
    QCOMPARE(session.length(), length);
    const std::vector<float> actual = continued(session);

    Session fresh = start(length);
    const double error = tests::relativeError(actual, continued(fresh));
    QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
}

// Twice without a word between, then once more after the conversation was read again.
void TruncateTest::truncatingRepeatedlyIsTruncatingToTheLast()
{
    Session session = start(kTokens);
    session.truncate(1090);
    session.truncate(50);
    Session fresh = start(50);
    QVERIFY(tests::relativeError(continued(session), continued(fresh)) < kTolerance);

    session.truncate(45);
    Session fresher = start(45);
    QVERIFY(tests::relativeError(continued(session), continued(fresher)) < kTolerance);
}

void TruncateTest::generatingAgainEqualsTheFirstTime_data()
{
    QTest::addColumn<uint>("length");
    for (const uint length : {1U, 199U, 200U})
        QTest::addRow("%u", length) << length;
}

// As when a person asks for another answer: nothing is appended between.
void TruncateTest::generatingAgainEqualsTheFirstTime()
{
    QFETCH(const uint, length);
    Session session = start(200);
    generated(session);
    session.truncate(length);
    const std::vector<std::uint32_t> actual = generated(session);

    Session fresh = start(length);
    QCOMPARE(actual, generated(fresh));
}

void TruncateTest::truncatingBeyondTheEndChangesNothing()
{
    Session session = start(100);
    session.truncate(101);
    QCOMPARE(session.length(), 100U);
    const std::vector<float> actual = continued(session);

    Session fresh = start(100);
    QCOMPARE(tests::largestError(actual, continued(fresh)), 0.0);
}

QTEST_GUILESS_MAIN(TruncateTest)
#include "truncate_heavy_test.moc"
