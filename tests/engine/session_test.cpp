#include <QTest>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::Finish;
using engine::Reply;
using engine::Session;
using engine::decoder::Architecture;
using tests::greedy;
using tests::must;
using tests::startSession;

Q_DECLARE_METATYPE(engine::decoder::Architecture)

namespace {

// Sums of at most a few hundred terms in fp32, in another order.
constexpr double kTolerance = 1e-5;

tests::TinyModelOptions optionsFor(Architecture architecture)
{
    tests::TinyModelOptions options;
    options.architecture = architecture;
    options.window = 16;
    options.context = 4096;
    return options;
}

void addArchitectures()
{
    QTest::addColumn<Architecture>("architecture");
    QTest::newRow("gemma3n") << Architecture::Gemma3n;
    QTest::newRow("gemma3") << Architecture::Gemma3;
}

}  // namespace

// What a session promises of its cost, of being stopped, and of the order in which it is told
// things. Models are tiny, with a window of 16 tokens.
class SessionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void aDecodedTokenIsOneSubmission_data();
    void aDecodedTokenIsOneSubmission();
    void prefillIsOneSubmissionPerChunk();
    void stopFromTheSinkEndsAfterThatToken();
    void stopFromAnotherThreadEndsAfterThatToken();
    void stopBeforeTheCallDoesNothing();
    void stopWhileReadingForgetsThePrompt();
    void stopWhileEvaluatingForgetsTheIds();
    void chunksOfAnySizeGiveTheSameAnswers_data();
    void chunksOfAnySizeGiveTheSameAnswers();
    void theRingMatchesTheReferenceBeyondItsEnd_data();
    void theRingMatchesTheReferenceBeyondItsEnd();
    void widthsThatAreNoMultipleOfFourMatchTheReference();
    void takingBackTurnsEqualsNeverHavingSaidThem_data();
    void takingBackTurnsEqualsNeverHavingSaidThem();
    void movingASessionKeepsIt();
    void sessionsOfOneModelDoNotMeet();

private:
    std::shared_ptr<const engine::Model> model(Architecture architecture) const;
    Reply undisturbed(std::uint32_t tokens) const;

    std::shared_ptr<engine::Device> m_device;
    std::shared_ptr<const engine::Model> m_gemma3n;
    std::shared_ptr<const engine::Model> m_gemma3;
    std::vector<std::uint32_t> m_prompt;
};

void SessionTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_gemma3n = tests::loadTiny(m_device, tests::TinyModel(optionsFor(Architecture::Gemma3n)));
    m_gemma3 = tests::loadTiny(m_device, tests::TinyModel(optionsFor(Architecture::Gemma3)));
    m_prompt = tests::randomIds(40, /*seed=*/1, 320);
}

std::shared_ptr<const engine::Model> SessionTest::model(Architecture architecture) const
{
    return architecture == Architecture::Gemma3n ? m_gemma3n : m_gemma3;
}

// The greedy answer to the prompt, with nothing in its way.
Reply SessionTest::undisturbed(std::uint32_t tokens) const
{
    Session session = startSession(m_gemma3n);
    must(session.appendTokens(m_prompt, {}));
    return must(session.generate(greedy(tokens), {}, {}));
}

void SessionTest::aDecodedTokenIsOneSubmission_data()
{
    addArchitectures();
}

void SessionTest::aDecodedTokenIsOneSubmission()
{
    QFETCH(const Architecture, architecture);
    Session session = startSession(model(architecture));
    must(session.appendTokens(m_prompt, {}));
    must(session.generate(greedy(1), {}, {}));

    const engine::Counters before = session.counters();
    const Reply reply = must(session.generate(greedy(10), {}, {}));
    const engine::Counters after = session.counters();
    QCOMPARE(reply.finish, Finish::TokenLimit);
    QCOMPARE(reply.tokens.size(), std::size_t{10});
    QCOMPARE(after.tokensDecoded - before.tokensDecoded, std::uint64_t{10});
    QCOMPARE(after.submissions - before.submissions, std::uint64_t{10});
    QCOMPARE(after.waits - before.waits, std::uint64_t{10});
    QCOMPARE(after.commandsRecorded, before.commandsRecorded);
    QVERIFY(after.dispatches > before.dispatches);
    const std::uint64_t readBack = after.bytesReadBack - before.bytesReadBack;
    QVERIFY(readBack >= 10 * sizeof(engine::TokenId));
    QVERIFY(readBack <= 10 * 512);
}

void SessionTest::prefillIsOneSubmissionPerChunk()
{
    engine::SessionOptions options;
    options.prefillChunk = 16;
    Session session = startSession(m_gemma3n, options);
    must(session.appendTokens(m_prompt, {}));
    // The last of the 40 ids waits for the answer: 39 rows are chunks of 16, 16 and 7.
    QCOMPARE(session.counters().tokensPrefilled, std::uint64_t{39});
    QCOMPARE(session.counters().submissions, std::uint64_t{3});
    QCOMPARE(session.counters().waits, std::uint64_t{3});
    QCOMPARE(session.counters().bytesReadBack, std::uint64_t{0});
}

void SessionTest::stopFromTheSinkEndsAfterThatToken()
{
    Session session = startSession(m_gemma3n);
    must(session.appendTokens(m_prompt, {}));
    std::stop_source source;
    std::uint64_t decoded = 0;
    const auto sink = [&](std::string_view) {
        if (session.counters().tokensDecoded < 5 || source.stop_requested())
            return;
        decoded = session.counters().tokensDecoded;
        source.request_stop();
    };
    const Reply stopped = must(session.generate(greedy(24), sink, source.get_token()));
    QCOMPARE(stopped.finish, Finish::Stopped);
    QVERIFY(decoded >= 5 && decoded < 24);
    QCOMPARE(session.counters().tokensDecoded, decoded);
    QCOMPARE(std::uint64_t{stopped.tokens.size()}, decoded);
    QCOMPARE(session.length(), static_cast<std::uint32_t>(m_prompt.size() + decoded));

    const auto rest = static_cast<std::uint32_t>(24 - decoded);
    const Reply resumed = must(session.generate(greedy(rest), {}, {}));
    std::vector<std::uint32_t> tokens = stopped.tokens;
    tokens.insert(tokens.end(), resumed.tokens.begin(), resumed.tokens.end());
    const Reply expected = undisturbed(24);
    QCOMPARE(tokens, expected.tokens);
}

void SessionTest::stopFromAnotherThreadEndsAfterThatToken()
{
    Session session = startSession(m_gemma3n);
    must(session.appendTokens(m_prompt, {}));
    std::promise<void> reached;
    std::promise<void> asked;
    std::jthread stopper;
    std::stop_source source;
    stopper = std::jthread([&] {
        reached.get_future().wait();
        source.request_stop();
        asked.set_value();
    });
    std::uint64_t decoded = 0;
    const auto sink = [&](std::string_view) {
        if (decoded != 0)
            return;
        decoded = session.counters().tokensDecoded;
        reached.set_value();
        asked.get_future().wait();
    };
    const Reply stopped = must(session.generate(greedy(24), sink, source.get_token()));
    QCOMPARE(stopped.finish, Finish::Stopped);
    QCOMPARE(session.counters().tokensDecoded, decoded);
}

void SessionTest::stopBeforeTheCallDoesNothing()
{
    std::stop_source source;
    source.request_stop();
    Session session = startSession(m_gemma3n);
    const auto refused = session.appendTokens(m_prompt, source.get_token());
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Cancelled);
    QCOMPARE(session.length(), 0U);

    must(session.appendTokens(m_prompt, {}));
    const Reply stopped = must(session.generate(greedy(24), {}, source.get_token()));
    QCOMPARE(stopped.finish, Finish::Stopped);
    QVERIFY(stopped.tokens.empty());
    QCOMPARE(session.counters().tokensDecoded, std::uint64_t{0});
    QCOMPARE(must(session.generate(greedy(24), {}, {})).tokens, undisturbed(24).tokens);
}

void SessionTest::stopWhileReadingForgetsThePrompt()
{
    const auto text = tests::randomIds(4000, /*seed=*/2, 320);
    engine::SessionOptions options;
    options.contextLength = 4096;
    options.prefillChunk = 1;
    Session session = startSession(m_gemma3n, options);
    must(session.appendTokens(m_prompt, {}));

    std::stop_source source;
    const std::jthread stopper([&source] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        source.request_stop();
    });
    const auto stopped = session.appendTokens(text, source.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    QVERIFY(session.counters().tokensPrefilled < text.size());
    QCOMPARE(session.length(), 40U);
    QCOMPARE(must(session.generate(greedy(24), {}, {})).tokens, undisturbed(24).tokens);
}

void SessionTest::stopWhileEvaluatingForgetsTheIds()
{
    Session session = startSession(m_gemma3n);
    must(session.appendTokens(m_prompt, {}));
    const auto more = tests::randomIds(50, /*seed=*/3, 320);
    std::stop_source source;
    std::uint32_t chunks = 0;
    const auto stopped = session.evaluate(
        more, 10, false,
        [&](const engine::EvaluatedChunk&) {
            if (++chunks == 2)
                source.request_stop();
        },
        source.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    QCOMPARE(chunks, 2U);
    QCOMPARE(session.length(), 40U);
    QCOMPARE(must(session.generate(greedy(24), {}, {})).tokens, undisturbed(24).tokens);
}

void SessionTest::chunksOfAnySizeGiveTheSameAnswers_data()
{
    QTest::addColumn<Architecture>("architecture");
    QTest::addColumn<uint>("chunk");
    QTest::addColumn<uint>("length");
    QTest::newRow("gemma3n by 1") << Architecture::Gemma3n << 1U << 60U;
    QTest::newRow("gemma3n by 7") << Architecture::Gemma3n << 7U << 100U;
    QTest::newRow("gemma3n by 255") << Architecture::Gemma3n << 255U << 300U;
    QTest::newRow("gemma3 by 7") << Architecture::Gemma3 << 7U << 100U;
}

// Against chunks of 256, on texts of several windows, the longest more than such a chunk. Keys and
// values are kept in 32 bits: in 16, sums in another order would now and then be rounded to the
// next number.
void SessionTest::chunksOfAnySizeGiveTheSameAnswers()
{
    QFETCH(const Architecture, architecture);
    QFETCH(const uint, chunk);
    QFETCH(const uint, length);
    const auto ids = tests::randomIds(length, /*seed=*/4, 320);
    const auto answers = [&](std::uint32_t rows) {
        engine::SessionOptions options;
        options.prefillChunk = rows;
        options.cache = engine::CachePrecision::Single;
        Session session = startSession(model(architecture), options);
        must(session.appendTokens(ids, {}));
        const Reply reply = must(session.generate(greedy(16), {}, {}));
        session.truncate(length);
        auto logits = must(tests::logitsOf(session, m_prompt, rows));
        return std::pair(reply.tokens, std::move(logits));
    };
    const auto actual = answers(chunk);
    const auto expected = answers(256);
    QCOMPARE(actual.first, expected.first);
    QVERIFY(tests::relativeError(actual.second, expected.second) < kTolerance);
}

void SessionTest::theRingMatchesTheReferenceBeyondItsEnd_data()
{
    addArchitectures();
}

// The ring of a sliding layer has 16 + 1,024 slots.
void SessionTest::theRingMatchesTheReferenceBeyondItsEnd()
{
    QFETCH(const Architecture, architecture);
    const tests::TemporaryFolder folder;
    tests::TinyModel(optionsFor(architecture)).writeGguf(folder / "tiny.gguf");
    const auto ids = tests::randomIds(1100, /*seed=*/5, 320);
    const auto expected = tests::referenceLogits(folder / "tiny.gguf", ids);

    Session session = startSession(model(architecture), {.cache = engine::CachePrecision::Single});
    must(session.appendTokens(std::span(ids).first(1000), {}));
    const auto actual = must(tests::logitsOf(session, std::span(ids).subspan(1000)));
    const auto tail = std::span(expected).last(actual.size());
    // Angles of position 1,100 in fp32 are off by 6e-5, and random weights amplify it; a key from a
    // wrong slot changes logits by tenths.
    const double error = tests::relativeError(actual, tail);
    QVERIFY2(error < 2e-3, qPrintable(QString::number(error)));
}

// Token by token: rows that are no whole number of vectors go through plain kernels.
void SessionTest::widthsThatAreNoMultipleOfFourMatchTheReference()
{
    tests::TinyModelOptions options;
    options.hidden = 50;
    const tests::TemporaryFolder folder;
    tests::TinyModel(options).writeGguf(folder / "tiny.gguf");
    const auto ids = tests::randomIds(8, /*seed=*/11, 320);
    Session session = startSession(tests::loadTiny(m_device, tests::TinyModel(options)),
                                   {.cache = engine::CachePrecision::Single});
    QVERIFY(tests::relativeError(must(tests::logitsOf(session, ids, 1)),
                                 tests::referenceLogits(folder / "tiny.gguf", ids)) < 1e-5);
}

void SessionTest::takingBackTurnsEqualsNeverHavingSaidThem_data()
{
    addArchitectures();
}

// Answers are drawn between what is taken back, so that decode steps fill the ring too.
void SessionTest::takingBackTurnsEqualsNeverHavingSaidThem()
{
    QFETCH(const Architecture, architecture);
    const auto ids = tests::randomIds(1100, /*seed=*/6, 320);
    const auto next = tests::randomIds(20, /*seed=*/7, 320);
    const auto goOn = [&](Session& session) {
        must(session.appendTokens(next, {}));
        return must(session.generate(greedy(16), {}, {})).tokens;
    };
    Session session = startSession(model(architecture));
    must(session.appendTokens(ids, {}));
    must(session.generate(greedy(20), {}, {}));
    // A little, nearly all that the rings can take back, and everything.
    for (const std::uint32_t length : {1090U, 110U, 0U}) {
        session.truncate(length);
        QCOMPARE(session.length(), length);
        const auto actual = goOn(session);

        Session fresh = startSession(model(architecture));
        must(fresh.appendTokens(std::span(ids).first(length), {}));
        QCOMPARE(actual, goOn(fresh));
    }
}

void SessionTest::movingASessionKeepsIt()
{
    Session first = startSession(m_gemma3n);
    must(first.appendTokens(m_prompt, {}));
    must(first.generate(greedy(4), {}, {}));
    Session second = std::move(first);
    first = startSession(m_gemma3n);
    QCOMPARE(first.length(), 0U);
    const auto rest = must(second.generate(greedy(4), {}, {})).tokens;
    const auto whole = undisturbed(8).tokens;
    QCOMPARE(rest, std::vector(whole.begin() + 4, whole.end()));
}

void SessionTest::sessionsOfOneModelDoNotMeet()
{
    Session one = startSession(m_gemma3n);
    Session other = startSession(m_gemma3n);
    must(one.appendTokens(m_prompt, {}));
    must(other.appendTokens(tests::randomIds(70, /*seed=*/8, 320), {}));
    std::vector<std::uint32_t> tokens;
    for (int i = 0; i < 12; ++i) {
        must(other.generate(greedy(1), {}, {}));
        const auto reply = must(one.generate(greedy(1), {}, {}));
        tokens.insert(tokens.end(), reply.tokens.begin(), reply.tokens.end());
    }
    QCOMPARE(tokens, undisturbed(12).tokens);
}

QTEST_GUILESS_MAIN(SessionTest)
#include "session_test.moc"
