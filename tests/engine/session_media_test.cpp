#include <QTest>

#include <algorithm>
#include <memory>
#include <string>

#include "engine/decoder/tensor_plan.h"
#include "tests/reference/decoder.h"
#include "tests/reference/sampling.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/soft_tokens.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::Message;
using engine::Part;
using engine::Role;
using engine::Session;
using engine::SoftTokens;
using engine::TokenId;
using tests::greedy;
using tests::must;
using tests::startSession;

namespace {

// Sums of at most a few hundred terms in fp32, in another order: 1.04e-5 was the most that a
// device's order made of it.
constexpr double kTolerance = 2e-5;

// Encoded media, and what was put into them.
struct Medium {
    std::vector<float> rows;
    std::vector<float> end;
    SoftTokens tokens;
};

Medium medium(const std::shared_ptr<engine::Device>& device, SoftTokens::Source source,
              std::uint32_t count, std::uint32_t seed, std::uint32_t hidden)
{
    auto rows = tests::randomVector(std::size_t{count} * hidden, seed);
    auto end = tests::randomVector(hidden, seed + 1000);
    auto tokens = tests::softTokens(device, source, rows, end);
    return {std::move(rows), std::move(end), std::move(tokens)};
}

}  // namespace

// Pictures and sounds in a conversation with a tiny model, whose soft tokens are random numbers,
// against the reference decoder with the same rows in the same places.
class SessionMediaTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void mediaMatchTheReference_data();
    void mediaMatchTheReference();
    void twoTurnsWithPicturesAnswerAsTheReference();
    void thePenaltyCountsTextAlone();
    void progressCountsWhatIsRead();
    void aPictureIsReadAgainAfterALongCut();
    void cuttingAPictureForgetsItWhole();
    void noAnswerBehindABarePicture();
    void onlyMessagesToTheModelHoldPictures();
    void modelsOfTextRefusePictures();
    void picturesForAnotherModelAreRefused();
    void picturesOfAnotherDeviceAreRefused();
    void whatDoesNotFitNamesThePicture();

private:
    // Every medium of `message` in the ids of the session, where the reference must have its rows.
    std::vector<reference::EmbeddingRows> placesIn(const Session& session,
                                                   const std::vector<const Medium*>& media) const;
    std::vector<float> expectedLogits(std::span<const TokenId> ids,
                                      std::span<const reference::EmbeddingRows> media) const;
    std::vector<TokenId> expectedAnswer(std::vector<TokenId> ids,
                                        std::span<const reference::EmbeddingRows> media,
                                        const engine::SamplingOptions& options) const;

    Medium picture(std::uint32_t count, std::uint32_t seed) const
    {
        return medium(m_device, SoftTokens::Source::Image, count, seed, m_config.hiddenSize);
    }
    Medium sound(std::uint32_t count, std::uint32_t seed) const
    {
        return medium(m_device, SoftTokens::Source::Sound, count, seed, m_config.hiddenSize);
    }

    std::shared_ptr<engine::Device> m_device;
    std::shared_ptr<const engine::Model> m_model;
    engine::decoder::DecoderConfig m_config;
    reference::DecoderWeights m_weights;
};

void SessionMediaTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    tests::TinyModelOptions options;
    options.window = 16;
    options.context = 4096;
    const tests::TemporaryFolder folder;
    tests::TinyModel(options).writeGguf(folder / "tiny.gguf");
    m_model = must(engine::Model::load(m_device, {folder / "tiny.gguf"}, {}, {}));

    const auto files = must(engine::file::openModelFiles(folder / "tiny.gguf"));
    m_config = must(engine::decoder::readDecoderConfig(files));
    m_weights = reference::readWeights(must(engine::decoder::planTensors(m_config, files)));
    QVERIFY(m_config.media.image && m_config.media.sound);
    // So that no row of the table can stand in for those of sounds.
    QVERIFY(m_config.media.sound->soft >= m_config.vocabularySize);
}

std::vector<reference::EmbeddingRows>
SessionMediaTest::placesIn(const Session& session, const std::vector<const Medium*>& media) const
{
    const auto ids = session.tokens();
    std::vector<reference::EmbeddingRows> places;
    auto from = ids.begin();
    for (const Medium* each : media) {
        const auto& marker = *m_config.media.of(each->tokens.source());
        from = std::find(from, ids.end(), marker.soft);
        const auto first = static_cast<std::size_t>(from - ids.begin());
        places.push_back({first, each->rows});
        places.push_back({first + each->tokens.count(), each->end});
        std::advance(from, each->tokens.count());
    }
    return places;
}

std::vector<float>
SessionMediaTest::expectedLogits(std::span<const TokenId> ids,
                                 std::span<const reference::EmbeddingRows> media) const
{
    return reference::forward(m_config, m_weights, ids, media).logits;
}

std::vector<TokenId>
SessionMediaTest::expectedAnswer(std::vector<TokenId> ids,
                                 std::span<const reference::EmbeddingRows> media,
                                 const engine::SamplingOptions& options) const
{
    std::vector<TokenId> answer;
    while (answer.size() < options.maxTokens) {
        const auto logits = expectedLogits(ids, media);
        const auto last = std::span(logits).last(m_config.vocabularySize);
        std::vector<TokenId> history;
        std::copy_if(ids.begin(), ids.end(), std::back_inserter(history),
                     [&](TokenId id) { return id < m_config.textVocabularySize; });
        const auto next =
            reference::candidates(last.first(m_config.textVocabularySize), history, options)
                .front()
                .id;
        const auto& ends = m_config.endTokens;
        if (std::find(ends.begin(), ends.end(), next) != ends.end())
            break;
        answer.push_back(next);
        ids.push_back(next);
    }
    return answer;
}

void SessionMediaTest::mediaMatchTheReference_data()
{
    QTest::addColumn<uint>("chunk");
    for (const uint chunk : {1U, 7U, 256U})
        QTest::addRow("in chunks of %u", chunk) << chunk;
}

// Text, picture, text, sound, picture: chunks of 7 cut within them, and a picture is longer than
// the window.
void SessionMediaTest::mediaMatchTheReference()
{
    QFETCH(const uint, chunk);
    const Medium first = picture(19, 1);
    const Medium second = sound(3, 2);
    const Medium third = picture(1, 3);
    engine::SessionOptions options;
    options.prefillChunk = chunk;
    options.cache = engine::CachePrecision::Single;
    Session session = startSession(m_model, options);
    must(session.append(
        {Role::User, {"look", first.tokens, "and hear", second.tokens, third.tokens}}, {}));

    const auto places = placesIn(session, {&first, &second, &third});
    const auto more = tests::randomIds(30, /*seed=*/4, m_config.textVocabularySize);
    std::vector<TokenId> ids(session.tokens().begin(), session.tokens().end());
    ids.insert(ids.end(), more.begin(), more.end());
    const auto actual = must(tests::logitsOf(session, more, std::min(chunk, 30U)));
    const auto expected = expectedLogits(ids, places);
    const double error = tests::relativeError(actual, std::span(expected).last(actual.size()));
    QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
    // The rows matter: elsewhere, the logits would be others.
    const auto without = expectedLogits(ids, {});
    QVERIFY(tests::relativeError(actual, std::span(without).last(actual.size())) > 1e-2);
}

void SessionMediaTest::twoTurnsWithPicturesAnswerAsTheReference()
{
    const Medium first = picture(5, 11);
    const Medium second = picture(9, 12);
    Session session = startSession(m_model);
    must(session.append({Role::User, {first.tokens, "what is it"}}, {}));
    std::vector<TokenId> before(session.tokens().begin(), session.tokens().end());
    QCOMPARE(must(session.generate(greedy(8), {}, {})).tokens,
             expectedAnswer(before, placesIn(session, {&first}), greedy(8)));

    must(session.append({Role::User, {"and this", second.tokens}}, {}));
    before.assign(session.tokens().begin(), session.tokens().end());
    const auto places = placesIn(session, {&first, &second});
    QCOMPARE(must(session.generate(greedy(8), {}, {})).tokens,
             expectedAnswer(before, places, greedy(8)));
}

// The ids of sounds lie beyond the bits that say which text was seen.
void SessionMediaTest::thePenaltyCountsTextAlone()
{
    const Medium clip = sound(6, 21);
    engine::SamplingOptions options = greedy(16);
    options.repetitionPenalty = 1.3F;
    Session session = startSession(m_model);
    must(session.append({Role::User, {clip.tokens, "say it"}}, {}));
    const std::vector<TokenId> ids(session.tokens().begin(), session.tokens().end());
    const auto expected = expectedAnswer(ids, placesIn(session, {&clip}), options);
    QVERIFY(expected != expectedAnswer(ids, placesIn(session, {&clip}), greedy(16)));
    QCOMPARE(must(session.generate(options, {}, {})).tokens, expected);
}

void SessionMediaTest::progressCountsWhatIsRead()
{
    const Medium seen = picture(30, 111);
    engine::SessionOptions options;
    options.prefillChunk = 16;
    Session session = startSession(m_model, options);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> reports;
    must(session.append(
        {Role::User, {seen.tokens, "what is it"}}, {},
        [&](std::uint32_t done, std::uint32_t total) { reports.emplace_back(done, total); }));
    // The last id waits for the answer.
    const std::uint32_t total = session.length() - 1;
    QCOMPARE(std::uint32_t(reports.size()), (total + 15) / 16);
    for (std::size_t i = 0; i < reports.size(); ++i) {
        QCOMPARE(reports[i].first, std::min(static_cast<std::uint32_t>(i + 1) * 16, total));
        QCOMPARE(reports[i].second, total);
    }
}

// Beyond the slack of the rings, 1,024 tokens, the conversation is read again from its start.
void SessionMediaTest::aPictureIsReadAgainAfterALongCut()
{
    const Medium seen = picture(20, 31);
    const Message message{Role::User, {seen.tokens, "what is it"}};
    Session session = startSession(m_model);
    must(session.append(message, {}));
    const std::uint32_t length = session.length();
    must(session.appendTokens(tests::randomIds(1300, /*seed=*/32, 320), {}));
    session.truncate(length);
    const auto read = session.counters().tokensPrefilled;
    const auto answer = must(session.generate(greedy(12), {}, {})).tokens;
    QCOMPARE(session.counters().tokensPrefilled, read + length - 1);

    Session fresh = startSession(m_model);
    must(fresh.append(message, {}));
    QCOMPARE(answer, must(fresh.generate(greedy(12), {}, {})).tokens);
}

void SessionMediaTest::cuttingAPictureForgetsItWhole()
{
    const Medium seen = picture(6, 41);
    const Medium other = picture(4, 42);
    for (std::uint32_t rows = 0; rows <= 7; ++rows) {
        Session session = startSession(m_model);
        must(session.append({Role::User, {"look", seen.tokens, "here"}}, {}));
        const auto ids = session.tokens();
        const auto start = static_cast<std::uint32_t>(
            std::find(ids.begin(), ids.end(), m_config.media.image->start) - ids.begin());
        session.truncate(start + 1 + rows);
        QCOMPARE(session.length(), rows == 7 ? start + 8 : start);
        if (rows == 7)
            continue;

        // What follows is as if there had been no picture.
        must(session.append({Role::User, {other.tokens, "what"}}, {}));
        const std::vector<TokenId> left(session.tokens().begin(), session.tokens().end());
        QCOMPARE(must(session.generate(greedy(6), {}, {})).tokens,
                 expectedAnswer(left, placesIn(session, {&other}), greedy(6)));
    }
}

void SessionMediaTest::noAnswerBehindABarePicture()
{
    const Medium seen = picture(2, 51);
    Session session = startSession(m_model);
    must(session.append({Role::User, {seen.tokens, "what is it"}}, {}));
    const auto ids = session.tokens();
    const auto end = std::find(ids.begin(), ids.end(), m_config.media.image->end);
    session.truncate(static_cast<std::uint32_t>(end - ids.begin()) + 1);
    const auto refused = session.generate(greedy(4), {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
}

void SessionMediaTest::onlyMessagesToTheModelHoldPictures()
{
    const Medium seen = picture(2, 61);
    Session session = startSession(m_model);
    const auto system = session.append({Role::System, {"be kind", seen.tokens}}, {});
    QVERIFY(!system);
    QCOMPARE(system.error().code, ErrorCode::InvalidInput);
    must(session.append({Role::User, {"hello"}}, {}));
    const std::uint32_t length = session.length();
    const auto answer = session.append({Role::Assistant, {seen.tokens}}, {});
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), length);
}

void SessionMediaTest::modelsOfTextRefusePictures()
{
    tests::TinyModelOptions options;
    options.architecture = engine::decoder::Architecture::Gemma3;
    Session session = startSession(tests::loadTiny(m_device, tests::TinyModel(options)));
    const Medium seen = picture(2, 71);
    const auto refused = session.append({Role::User, {seen.tokens}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), 0U);
}

void SessionMediaTest::picturesForAnotherModelAreRefused()
{
    const Medium wide =
        medium(m_device, SoftTokens::Source::Image, 2, 81, m_config.hiddenSize + 32);
    Session session = startSession(m_model);
    const auto refused = session.append({Role::User, {wide.tokens, "what is it"}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QVERIFY2(refused.error().message.find("96") != std::string::npos,
             refused.error().message.c_str());
    QCOMPARE(session.length(), 0U);
}

void SessionMediaTest::picturesOfAnotherDeviceAreRefused()
{
    const Medium away =
        medium(must(engine::Device::open()), SoftTokens::Source::Image, 2, 91, m_config.hiddenSize);
    Session session = startSession(m_model);
    const auto refused = session.append({Role::User, {away.tokens}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
}

void SessionMediaTest::whatDoesNotFitNamesThePicture()
{
    const Medium seen = picture(30, 101);
    engine::SessionOptions options;
    options.contextLength = 40;
    Session session = startSession(m_model, options);
    const auto refused = session.append({Role::User, {seen.tokens, "what is it"}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ContextFull);
    const std::string& message = refused.error().message;
    QVERIFY2(message.find("32 of them for a picture") != std::string::npos, message.c_str());
    QCOMPARE(session.length(), 0U);
}

QTEST_GUILESS_MAIN(SessionMediaTest)
#include "session_media_test.moc"
