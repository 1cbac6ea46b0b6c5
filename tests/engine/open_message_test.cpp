#include <QTest>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/model_state.h"
#include "engine/open_message.h"
#include "tests/golden/audio_checks.h"
#include "tests/support/comparison.h"
#include "tests/support/random_data.h"
#include "tests/support/soft_tokens.h"
#include "tests/support/tiny_session.h"

using engine::AudioClip;
using engine::ErrorCode;
using engine::Message;
using engine::OpenMessage;
using engine::Part;
using engine::Role;
using engine::Session;
using engine::SoftTokens;
using engine::TokenId;
using tests::greedy;
using tests::must;

namespace {

// Sums of at most a few hundred terms in fp32, in another order where other rows stand beside them.
constexpr double kTolerance = 1e-5;

// With keys and values in 32 bits: in 16, sums in another order would now and then be rounded to
// the next number.
Session startExact(const std::shared_ptr<const engine::Model>& model,
                   engine::SessionOptions options = {})
{
    options.cache = engine::CachePrecision::Single;
    return tests::startSession(model, options);
}

using Sound = std::vector<float>;

std::vector<TokenId> idsOf(const Session& session)
{
    return {session.tokens().begin(), session.tokens().end()};
}

}  // namespace

// Messages that are put into the conversation of a tiny model while they are spoken, against the
// same messages said at once.
class OpenMessageTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void spokenIsAsSaidAtOnce_data();
    void spokenIsAsSaidAtOnce();
    void aSpokenSoundIsReadAgainAfterALongCut();
    void onlyTheTailIsLeftAfterTheEndOfSpeech();
    void thePromptIsReadBeforeTheFirstSample();
    void cancelledMessagesLeaveNothing_data();
    void cancelledMessagesLeaveNothing();
    void aClipThatDoesNotFitIsRefusedBeforeItIsHeard();
    void aTextThatDoesNotFitLosesNothing();
    void stoppedReadingGoesOn();
    void emptyMessagesStayOpen();
    void modelsOfTextHearNothing();

private:
    AudioClip begin() const { return must(AudioClip::create(m_encoder)); }
    SoftTokens encode(const Sound& sound) const;
    // Speaks `sound` into the message, `pieceSize` samples at a time.
    void speak(OpenMessage& message, const Sound& sound, std::size_t pieceSize) const;
    // The conversation goes on as `expected`'s, which are both given more ids.
    void compareWhatFollows(Session& actual, Session& expected) const;
    SoftTokens picture() const;

    std::shared_ptr<engine::Device> m_device;
    std::shared_ptr<const engine::Model> m_model;
    std::shared_ptr<const engine::AudioEncoder> m_encoder;
    Sound m_first;
    Sound m_second;
};

void OpenMessageTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    auto loaded = must(tests::loadAudioSet(m_device, TEST_DATA_DIR "/golden/audio/small"));
    m_encoder = std::move(loaded.encoder);
    m_first = loaded.set.cases.at(2).samples;
    m_second = Sound(loaded.set.cases.at(0).samples.begin(),
                     loaded.set.cases.at(0).samples.begin() + 16001);
    tests::TinyModelOptions options;
    options.hidden = m_encoder->info().hiddenSize;
    options.window = 16;
    options.context = 4096;
    // What is read in which order does not depend on the depth.
    options.layers = 4;
    options.sharedKvLayers = 1;
    options.sparseLayers = 1;
    m_model = tests::loadTiny(m_device, tests::TinyModel(options));
}

SoftTokens OpenMessageTest::encode(const Sound& sound) const
{
    AudioClip clip = begin();
    must(clip.push(sound, {}));
    return must(clip.finish({}));
}

void OpenMessageTest::speak(OpenMessage& message, const Sound& sound, std::size_t pieceSize) const
{
    AudioClip clip = begin();
    for (std::size_t first = 0; first < sound.size(); first += pieceSize) {
        const auto size = std::min(pieceSize, sound.size() - first);
        must(clip.push(std::span(sound).subspan(first, size), {}));
        must(message.hear(clip));
        must(message.read({}));
    }
    must(message.add(must(clip.finish({}))));
}

SoftTokens OpenMessageTest::picture() const
{
    const std::uint32_t hidden = m_model->info().hiddenSize;
    return tests::softTokens(m_device, SoftTokens::Source::Image,
                             tests::randomVector(std::size_t{19} * hidden, 1),
                             tests::randomVector(hidden, 2));
}

void OpenMessageTest::compareWhatFollows(Session& actual, Session& expected) const
{
    QCOMPARE(idsOf(actual), idsOf(expected));
    const auto more = tests::randomIds(20, /*seed=*/3, 300);
    const double error = tests::relativeError(must(tests::logitsOf(actual, more, 7)),
                                              must(tests::logitsOf(expected, more, 7)));
    QVERIFY2(error < kTolerance, qPrintable(QString::number(error)));
}

void OpenMessageTest::spokenIsAsSaidAtOnce_data()
{
    QTest::addColumn<uint>("pieceSize");
    QTest::addColumn<uint>("chunk");
    QTest::newRow("a callback's samples") << 800U << 256U;
    QTest::newRow("more than a pass's, chunks that cut rows") << 9001U << 7U;
    QTest::newRow("all") << 100000U << 256U;
}

// The second turn of a conversation: text, a picture, two clips in a row and a question.
void OpenMessageTest::spokenIsAsSaidAtOnce()
{
    QFETCH(const uint, pieceSize);
    QFETCH(const uint, chunk);
    Session expected = startExact(m_model);
    Session actual = startExact(m_model, {.prefillChunk = chunk});
    for (Session* session : {&expected, &actual}) {
        must(session->append({Role::System, {"be kind"}}, {}));
        must(session->append({Role::User, {"good day"}}, {}));
        must(session->append({Role::Assistant, {"to you"}}, {}));
    }
    const SoftTokens seen = picture();
    must(expected.append(
        {Role::User,
         {"  look", seen, "and hear ", encode(m_first), encode(m_second), "what is it \n"}},
        {}));

    OpenMessage message = must(actual.begin());
    must(message.add("  lo"));
    must(message.add("ok"));
    must(message.add(seen));
    must(message.add("and hear "));
    must(message.read({}));
    speak(message, m_first, pieceSize);
    speak(message, m_second, pieceSize);
    must(message.add("what is it \n"));
    must(message.finish({}));
    compareWhatFollows(actual, expected);
}

// Beyond the slack of the rings, 1,024 tokens, the conversation is read again from its start.
void OpenMessageTest::aSpokenSoundIsReadAgainAfterALongCut()
{
    Session session = startExact(m_model);
    {
        OpenMessage message = must(session.begin());
        speak(message, m_first, 4000);
        must(message.add("what is it"));
        must(message.finish({}));
    }
    const std::uint32_t length = session.length();
    must(session.appendTokens(tests::randomIds(1100, /*seed=*/4, 300), {}));
    session.truncate(length);

    Session expected = startExact(m_model);
    must(expected.append({Role::User, {encode(m_first), "what is it"}}, {}));
    compareWhatFollows(session, expected);
}

void OpenMessageTest::onlyTheTailIsLeftAfterTheEndOfSpeech()
{
    Session session = startExact(m_model);
    OpenMessage message = must(session.begin());
    AudioClip clip = begin();
    must(clip.push(m_first, {}));
    must(message.hear(clip));
    must(message.read({}));
    const std::uint32_t read = session.length();
    QCOMPARE(session.counters().tokensPrefilled, std::uint64_t{read});
    // Of the rows that the samples allow at most half a second waits for company.
    QVERIFY(clip.rowCount() + 4 >= m_first.size() / 2560);
    must(message.add(must(clip.finish({}))));
    must(message.add("what is it"));
    must(message.finish({}));
    // Nothing is read twice, and the last id waits for the answer.
    QCOMPARE(session.counters().tokensPrefilled, std::uint64_t{session.length()} - 1);
}

void OpenMessageTest::thePromptIsReadBeforeTheFirstSample()
{
    Session expected = startExact(m_model);
    must(expected.append({Role::User, {"hear", encode(m_first), "?"}}, {}));
    const auto ids = expected.tokens();
    const auto start =
        std::find(ids.begin(), ids.end(), m_model->state().config.media.sound->start);
    QVERIFY(start != ids.end());

    Session session = startExact(m_model);
    OpenMessage message = must(session.begin());
    must(message.add("hear"));
    must(message.hear(begin()));
    must(message.read({}));
    QCOMPARE(idsOf(session), std::vector<TokenId>(ids.begin(), start + 1));
    QCOMPARE(session.counters().tokensPrefilled, std::uint64_t{session.length()});
}

void OpenMessageTest::cancelledMessagesLeaveNothing_data()
{
    QTest::addColumn<QString>("how");
    for (const char* how : {"cancelled", "destroyed", "replaced", "failed"})
        QTest::newRow(how) << QString(how);
}

void OpenMessageTest::cancelledMessagesLeaveNothing()
{
    QFETCH(const QString, how);
    Session expected = startExact(m_model);
    Session actual = startExact(m_model, {.contextLength = how == "failed" ? 520U : 4096U});
    for (Session* session : {&expected, &actual}) {
        must(session->append({Role::User, {"good day"}}, {}));
        must(session->generate(greedy(4), {}, {}));
    }
    const auto before = idsOf(actual);
    {
        OpenMessage message = must(actual.begin());
        must(message.add(picture()));
        speak(message, m_first, 4000);
        AudioClip clip = begin();
        must(clip.push(m_second, {}));
        must(message.hear(clip));
        must(message.read({}));
        QVERIFY(actual.length() > before.size() + 200);
        if (how == "cancelled")
            message.cancel();
        if (how == "replaced") {
            OpenMessage other(std::move(message));
            other.cancel();
            message = must(actual.begin());
        }
        if (how == "failed") {
            must(message.add(must(clip.finish({}))));
            must(message.add(std::string(400, '?')));
            QVERIFY(!message.finish({}));
        }
    }
    QCOMPARE(idsOf(actual), before);
    must(expected.append({Role::User, {"and now"}}, {}));
    must(actual.append({Role::User, {"and now"}}, {}));
    compareWhatFollows(actual, expected);
}

void OpenMessageTest::aClipThatDoesNotFitIsRefusedBeforeItIsHeard()
{
    const Message said{Role::User, {"hear", encode(m_first), "?"}};
    Session session = startExact(m_model, {.contextLength = 300});
    OpenMessage message = must(session.begin());
    must(message.add("hear"));
    speak(message, m_first, 4000);
    const auto refused = message.hear(begin());
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ContextFull);
    QVERIFY2(refused.error().message.find("A clip of sound needs 192 tokens") != std::string::npos,
             refused.error().message.c_str());

    // The first clip is there, and can be asked about.
    must(message.add("?"));
    must(message.finish({}));
    Session expected = startExact(m_model);
    must(expected.append(said, {}));
    compareWhatFollows(session, expected);
}

void OpenMessageTest::aTextThatDoesNotFitLosesNothing()
{
    Session session = startExact(m_model, {.contextLength = 300});
    OpenMessage message = must(session.begin());
    speak(message, m_first, 4000);
    must(message.add(std::string(400, '?')));
    const auto refused = message.finish({});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ContextFull);
    QVERIFY2(refused.error().message.find("190 of them for a sound") != std::string::npos,
             refused.error().message.c_str());
    message.cancel();
    QCOMPARE(session.length(), 0U);
    must(session.append({Role::User, {"hello"}}, {}));
}

void OpenMessageTest::stoppedReadingGoesOn()
{
    std::stop_source source;
    source.request_stop();
    Session session = startExact(m_model, {.prefillChunk = 7});
    OpenMessage message = must(session.begin());
    AudioClip clip = begin();
    must(clip.push(m_first, {}));
    must(message.hear(clip));
    const auto stopped = message.read(source.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    must(message.add(must(clip.finish({}))));
    must(message.add("what"));
    QCOMPARE(message.finish(source.get_token()).error().code, ErrorCode::Cancelled);
    // What stood at the end was text, which may still grow.
    must(message.add(" is it"));
    must(message.finish({}));

    Session expected = startExact(m_model);
    must(expected.append({Role::User, {encode(m_first), "what is it"}}, {}));
    compareWhatFollows(session, expected);
}

void OpenMessageTest::emptyMessagesStayOpen()
{
    Session session = startExact(m_model);
    OpenMessage message = must(session.begin());
    must(message.add(" \n"));
    const auto refused = message.finish({});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    must(message.add("hello"));
    must(message.finish({}));
    must(session.generate(greedy(2), {}, {}));
}

void OpenMessageTest::modelsOfTextHearNothing()
{
    tests::TinyModelOptions options;
    options.architecture = engine::decoder::Architecture::Gemma3;
    Session session = tests::startSession(tests::loadTiny(m_device, tests::TinyModel(options)));
    OpenMessage message = must(session.begin());
    const auto refused = message.hear(begin());
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
}

QTEST_GUILESS_MAIN(OpenMessageTest)
#include "open_message_test.moc"
