#include <QTest>

#include <string>

#include "engine/gpu/context.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::Finish;
using engine::Role;
using engine::Session;
using tests::greedy;
using tests::must;
using tests::startSession;

namespace {

constexpr std::uint32_t kPrompt = 40;
constexpr std::uint32_t kChunk = 8;
constexpr std::uint32_t kAnswer = 12;

bool isOneSentence(const std::string& message)
{
    return message.size() > 10 && message.back() == '.' &&
           message.find('\n') == std::string::npos && message.find(". ") == std::string::npos;
}

}  // namespace

// Sessions on a device that refuses memory or is lost, that are full, and that are asked for what
// cannot be. What was said before is never lost.
class SessionFaultsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void appendOnALostDeviceKeepsTheConversation();
    void generateOnALostDeviceKeepsWholeTokens();
    void evaluateOnALostDeviceKeepsTheConversation();
    void readingBackOnALostDeviceKeepsTheConversation();
    void sessionsAreRefusedForWantOfMemory();
    void modelsAreRefusedForWantOfMemory_data();
    void modelsAreRefusedForWantOfMemory();
    void aPromptLongerThanTheContextIsRefused();
    void aFullContextEndsTheAnswer();
    void aFullContextRefusesTheNextMessage();
    void theContextIsCutToTheModels();
    void emptyPromptsAreRefused_data();
    void emptyPromptsAreRefused();
    void invalidUtf8IsReadAsReplacementCharacters();
    void idsBeyondTheVocabularyAreRefused();
    void instructionsComeFirst();
    void anAnswerCannotBeFirst();
    void nothingToAnswerIsRefused();
    void impossibleSizesAreRefused();

private:
    Session start(std::uint32_t contextLength = 512) const;
    Session startWithPrompt() const;
    engine::gpu::Faults& faults() const { return m_device->context().faults(); }

    std::shared_ptr<engine::Device> m_device;
    std::shared_ptr<const engine::Model> m_model;
    std::vector<std::uint32_t> m_prompt;
    std::vector<std::uint32_t> m_answer;  // greedy, to the prompt
};

void SessionFaultsTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_model = tests::loadTiny(m_device, tests::TinyModel());
    m_prompt = tests::randomIds(kPrompt, /*seed=*/1, 320);
    Session session = startWithPrompt();
    m_answer = must(session.generate(greedy(kAnswer), {}, {})).tokens;
    QCOMPARE(m_answer.size(), std::size_t{kAnswer});
}

void SessionFaultsTest::cleanup()
{
    if (m_device)
        faults() = {};
}

Session SessionFaultsTest::start(std::uint32_t contextLength) const
{
    return startSession(m_model, {.contextLength = contextLength, .prefillChunk = kChunk});
}

Session SessionFaultsTest::startWithPrompt() const
{
    Session session = start();
    must(session.appendTokens(m_prompt, {}));
    return session;
}

void SessionFaultsTest::appendOnALostDeviceKeepsTheConversation()
{
    const auto next = tests::randomIds(30, /*seed=*/2, 320);
    Session undisturbed = startWithPrompt();
    must(undisturbed.appendTokens(next, {}));
    const auto expected = must(undisturbed.generate(greedy(kAnswer), {}, {})).tokens;

    // 30 more rows in chunks of 8 are four submissions.
    for (std::uint64_t submissions = 0; submissions < 4; ++submissions) {
        Session session = startWithPrompt();
        faults().submissionsLeft = submissions;
        const auto lost = session.appendTokens(next, {});
        faults() = {};
        QVERIFY(!lost);
        QCOMPARE(lost.error().code, ErrorCode::DeviceLost);
        QCOMPARE(session.length(), kPrompt);
        // The same again, as when the fault had never been.
        must(session.appendTokens(next, {}));
        QCOMPARE(must(session.generate(greedy(kAnswer), {}, {})).tokens, expected);
    }
    Session session = startWithPrompt();
    faults().submissionsLeft = 4;
    QVERIFY(session.appendTokens(next, {}));
}

void SessionFaultsTest::generateOnALostDeviceKeepsWholeTokens()
{
    for (std::uint32_t submissions = 0; submissions < 6; ++submissions) {
        Session session = startWithPrompt();
        std::string seen;
        faults().submissionsLeft = submissions;
        const auto lost =
            session.generate(greedy(kAnswer), [&seen](std::string_view text) { seen += text; }, {});
        faults() = {};
        QVERIFY(!lost);
        QCOMPARE(lost.error().code, ErrorCode::DeviceLost);
        QCOMPARE(session.length(), kPrompt + submissions);
        const auto rest = must(session.generate(greedy(kAnswer - submissions), {}, {})).tokens;
        QCOMPARE(rest, std::vector(m_answer.begin() + submissions, m_answer.end()));
    }
}

void SessionFaultsTest::evaluateOnALostDeviceKeepsTheConversation()
{
    const auto next = tests::randomIds(20, /*seed=*/3, 320);
    // Two submissions a chunk: the layers, and the head.
    for (std::uint64_t submissions = 0; submissions < 6; ++submissions) {
        Session session = startWithPrompt();
        faults().submissionsLeft = submissions;
        const auto lost = tests::logitsOf(session, next, kChunk);
        faults() = {};
        QVERIFY(!lost);
        QCOMPARE(lost.error().code, ErrorCode::DeviceLost);
        QCOMPARE(session.length(), kPrompt);
        QCOMPARE(must(session.generate(greedy(kAnswer), {}, {})).tokens, m_answer);
    }
}

// Shortened by more than the rings' slack, so that the whole conversation is read again.
void SessionFaultsTest::readingBackOnALostDeviceKeepsTheConversation()
{
    const auto model = tests::loadTiny(m_device, [] {
        tests::TinyModelOptions options;
        options.context = 2048;
        return tests::TinyModel(options);
    }());
    const auto ids = tests::randomIds(1200, /*seed=*/4, 320);
    const auto answerAt60 = [&](Session& session) {
        return must(session.generate(greedy(4), {}, {})).tokens;
    };
    Session fresh = startSession(model);
    must(fresh.appendTokens(std::span(ids).first(60), {}));
    const auto expected = answerAt60(fresh);

    for (std::uint64_t submissions = 0; submissions < 3; ++submissions) {
        Session session = startSession(model, {.contextLength = 2048, .prefillChunk = 256});
        must(session.appendTokens(ids, {}));
        session.truncate(60);
        faults().submissionsLeft = submissions;
        const auto lost = session.generate(greedy(4), {}, {});
        faults() = {};
        QVERIFY(!lost);
        const auto drawn = static_cast<std::uint32_t>(submissions == 0 ? 0 : submissions - 1);
        QCOMPARE(session.length(), 60 + drawn);
        session.truncate(60);
        QCOMPARE(answerAt60(session), expected);
    }
}

// Refuses every allocation in turn: a limit at what is held already, then a little above what the
// last attempt got to.
void SessionFaultsTest::sessionsAreRefusedForWantOfMemory()
{
    const std::uint64_t before = m_device->context().allocatedBytes();
    const std::uint64_t needed = [&] {
        const Session session = start();
        const std::uint64_t held = m_device->context().allocatedBytes() - before;
        return std::max(held, session.deviceBytes());
    }();
    QCOMPARE(m_device->context().allocatedBytes(), before);
    QVERIFY(needed > 0);
    for (std::uint64_t share = 0; share < 40; ++share) {
        faults().memoryLimit = before + needed * share / 40;
        const auto refused = Session::create(m_model, {.contextLength = 512, .prefillChunk = 8});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
        QVERIFY2(isOneSentence(refused.error().message), refused.error().message.c_str());
        QCOMPARE(m_device->context().allocatedBytes(), before);
    }
    faults().memoryLimit = before + needed;
    QVERIFY(Session::create(m_model, {.contextLength = 512, .prefillChunk = 8}));
}

void SessionFaultsTest::modelsAreRefusedForWantOfMemory_data()
{
    QTest::addColumn<bool>("isHidden");
    QTest::newRow("memory as the device has it") << false;
    QTest::newRow("memory that the host does not see") << true;
}

// One that fits is loaded, whatever way its weights take to the device.
void SessionFaultsTest::modelsAreRefusedForWantOfMemory()
{
    QFETCH(const bool, isHidden);
    const tests::TemporaryFolder folder;
    tests::TinyModel().writeGguf(folder / "tiny.gguf");
    const auto device = tests::openDevice();
    engine::gpu::Context& context = device->context();
    if (isHidden)
        context.hideMemory();
    const auto load = [&] { return engine::Model::load(device, {folder / "tiny.gguf"}, {}, {}); };
    const auto needed = [&] {
        const auto model = must(load());
        return context.allocatedBytes();
    }();
    QCOMPARE(context.allocatedBytes(), std::uint64_t{0});
    for (std::uint64_t share = 0; share < 10; ++share) {
        context.faults().memoryLimit = needed * share / 10;
        const auto refused = load();
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
        QVERIFY2(isOneSentence(refused.error().message), refused.error().message.c_str());
        QCOMPARE(context.allocatedBytes(), std::uint64_t{0});
    }
    context.faults().memoryLimit = needed;
    QVERIFY(load());
}

void SessionFaultsTest::aPromptLongerThanTheContextIsRefused()
{
    Session session = start(64);
    const auto refused = session.append({Role::User, {std::string(200, 'a')}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ContextFull);
    QVERIFY2(isOneSentence(refused.error().message), refused.error().message.c_str());
    QCOMPARE(session.length(), 0U);

    QVERIFY(session.appendTokens(tests::randomIds(64, /*seed=*/5, 320), {}));
    const auto one = session.appendTokens(std::vector<std::uint32_t>{5}, {});
    QVERIFY(!one);
    QCOMPARE(one.error().code, ErrorCode::ContextFull);
    QCOMPARE(session.length(), 64U);
}

void SessionFaultsTest::aFullContextEndsTheAnswer()
{
    Session session = start(kPrompt + 5);
    must(session.appendTokens(m_prompt, {}));
    std::string seen;
    const auto reply = must(
        session.generate(greedy(kAnswer), [&seen](std::string_view text) { seen += text; }, {}));
    QCOMPARE(reply.finish, Finish::ContextFull);
    QCOMPARE(reply.tokens, std::vector(m_answer.begin(), m_answer.begin() + 5));
    QVERIFY(!reply.text.empty());
    QCOMPARE(reply.text, seen);
    QCOMPARE(session.length(), session.capacity());
}

void SessionFaultsTest::aFullContextRefusesTheNextMessage()
{
    Session session = start(kPrompt + 5);
    must(session.appendTokens(m_prompt, {}));
    must(session.generate(greedy(kAnswer), {}, {}));
    const auto refused = session.append({Role::User, {"and then"}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ContextFull);
    QCOMPARE(session.length(), kPrompt + 5);
    // What was said can be taken back, and the session goes on.
    session.truncate(kPrompt);
    QCOMPARE(must(session.generate(greedy(5), {}, {})).tokens,
             std::vector(m_answer.begin(), m_answer.begin() + 5));
}

void SessionFaultsTest::theContextIsCutToTheModels()
{
    QCOMPARE(start(1U << 30U).capacity(), 512U);
}

void SessionFaultsTest::emptyPromptsAreRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("spaces") << QByteArray("   ");
    QTest::newRow("blank lines") << QByteArray("\n\t \r\n");
}

void SessionFaultsTest::emptyPromptsAreRefused()
{
    QFETCH(const QByteArray, text);
    Session session = start();
    const auto refused = session.append({Role::User, {text.toStdString()}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QVERIFY2(isOneSentence(refused.error().message), refused.error().message.c_str());
    QCOMPARE(session.length(), 0U);
    if (text.isEmpty())
        QCOMPARE(session.appendRaw("", {}).error().code, ErrorCode::InvalidInput);
}

void SessionFaultsTest::invalidUtf8IsReadAsReplacementCharacters()
{
    Session broken = start();
    must(broken.append({Role::User, {"a\xFFz\xC3"}}, {}));
    Session replaced = start();
    must(replaced.append({Role::User, {"a\uFFFDz\uFFFD"}}, {}));
    QCOMPARE(broken.length(), replaced.length());
    QCOMPARE(must(broken.generate(greedy(kAnswer), {}, {})).tokens,
             must(replaced.generate(greedy(kAnswer), {}, {})).tokens);
    QCOMPARE(must(m_model->tokenize("\xFF")), must(m_model->tokenize("\uFFFD")));
}

void SessionFaultsTest::idsBeyondTheVocabularyAreRefused()
{
    Session session = startWithPrompt();
    const std::vector<std::uint32_t> ids{3, 352};
    const auto refused = session.appendTokens(ids, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QVERIFY2(refused.error().message.find("352") != std::string::npos,
             refused.error().message.c_str());
    QCOMPARE(session.length(), kPrompt);
    const auto evaluated = tests::logitsOf(session, ids, 8);
    QVERIFY(!evaluated);
    QCOMPARE(evaluated.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), kPrompt);
    // Ids of images and sounds have embeddings, but no rows of their own in the layers.
    QVERIFY(session.appendTokens(std::vector<std::uint32_t>{320, 351}, {}));
}

void SessionFaultsTest::instructionsComeFirst()
{
    Session session = start();
    must(session.append({Role::System, {"be brief"}}, {}));
    QCOMPARE(session.length(), 0U);
    must(session.append({Role::User, {"hello"}}, {}));
    const std::uint32_t length = session.length();
    Session plain = start();
    must(plain.append({Role::User, {"hello"}}, {}));
    QVERIFY(length > plain.length());

    const auto late = session.append({Role::System, {"be long"}}, {});
    QVERIFY(!late);
    QCOMPARE(late.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), length);
}

void SessionFaultsTest::anAnswerCannotBeFirst()
{
    Session session = start();
    const auto refused = session.append({Role::Assistant, {"hello"}}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    QCOMPARE(session.length(), 0U);
}

void SessionFaultsTest::nothingToAnswerIsRefused()
{
    Session session = start();
    const auto refused = session.generate({}, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
}

void SessionFaultsTest::impossibleSizesAreRefused()
{
    for (const engine::SessionOptions& options :
         {engine::SessionOptions{.contextLength = 0, .prefillChunk = 8},
          engine::SessionOptions{.contextLength = 64, .prefillChunk = 0},
          engine::SessionOptions{.contextLength = 64, .prefillChunk = 257}}) {
        const auto refused = Session::create(m_model, options);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    }
    Session session = startWithPrompt();
    for (const std::uint32_t chunk : {0U, kChunk + 1}) {
        const auto refused = tests::logitsOf(session, m_prompt, chunk);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidInput);
    }
}

QTEST_GUILESS_MAIN(SessionFaultsTest)
#include "session_faults_test.moc"
