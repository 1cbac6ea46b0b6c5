#include <QTest>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "engine/gpu/context.h"
#include "tests/support/comparison.h"
#include "tests/support/cut_model.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::CacheAtSwitch;
using engine::ErrorCode;
using engine::ModelSize;
using engine::Session;
using engine::file::TensorType;
using tests::greedy;
using tests::must;
using tests::startSession;

namespace {

// Layers 2 and 5 are full; layer 4 borrows from 3, layers 5 and 8 from 2, layers 6 and 7 from 3.
tests::TinyModelOptions options(TensorType type)
{
    tests::TinyModelOptions options;
    options.layers = 9;
    options.sharedKvLayers = 5;
    options.ffn = 128;
    options.window = 16;
    options.context = 2048;
    options.perLayerInput = 32;
    options.matrixType = type;
    return options;
}

// Other widths in every layer, and layers left out in two places and of both kinds.
ModelSize mixed()
{
    return {"mixed", {64, 128, 96, 32, 32, 128, 64, 32, 96}, {1, 6, 8}};
}

ModelSize uniform(std::uint32_t width)
{
    return {"uniform", std::vector<std::uint32_t>(9, width), {}};
}

std::shared_ptr<const engine::Model> load(std::shared_ptr<engine::Device> device,
                                          const std::filesystem::path& path)
{
    return must(engine::Model::load(std::move(device), {path}, {}, {}));
}

// What a session says to the prompt: logits after each token of it, read in chunks and, some of
// them, one by one, then a greedy answer after the prompt was read the way prompts are.
struct Said {
    std::vector<float> logits;
    std::vector<float> logitsOneByOne;
    std::vector<engine::TokenId> answer;

    friend bool operator==(const Said&, const Said&) = default;
};

Said say(Session& session, const std::vector<std::uint32_t>& prompt)
{
    const std::uint32_t before = session.length();
    Said said;
    said.logits = must(tests::logitsOf(session, prompt, 7));
    session.truncate(before);
    said.logitsOneByOne = must(tests::logitsOf(session, std::span(prompt).first(4), 1));
    session.truncate(before);
    must(session.appendTokens(prompt, {}));
    said.answer = must(session.generate(greedy(12), {}, {})).tokens;
    session.truncate(before);
    return said;
}

}  // namespace

Q_DECLARE_METATYPE(engine::Kernels)

// One resident model, run at its nested sizes.
class SessionSizesTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void aSliceEqualsAFileCutToIt_data();
    void aSliceEqualsAFileCutToIt();
    void aSliceMatchesTheReference_data();
    void aSliceMatchesTheReference();
    void aSwitchTakesNoMemoryAndNoTime();
    void theCacheIsReadAgainAfterASwitch();
    void aStoppedReadingGoesOnWhereItWas();
    void sizesThatShareTheCacheReadNothingAgain();
    void aKeptCacheIsMarked();
    void aTokenReadsWhatItsSizeSays();
    void aSizeThatDoesNotFitChangesNothing();

private:
    std::shared_ptr<engine::Device> m_device;
    std::shared_ptr<const engine::Model> m_model;
    std::vector<std::uint32_t> m_prompt;
};

void SessionSizesTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_model = tests::loadTiny(m_device, tests::TinyModel(options(TensorType::F32)));
    m_prompt = tests::randomIds(30, /*seed=*/1, 320);
}

void SessionSizesTest::aSliceEqualsAFileCutToIt_data()
{
    QTest::addColumn<bool>("isFolder");
    QTest::addColumn<int>("type");
    QTest::addColumn<bool>("usesGpuKernels");
    QTest::addColumn<engine::Kernels>("kernels");
    QTest::newRow("GGUF, Q8_0, kernels for GPUs")
        << false << static_cast<int>(TensorType::Q8_0) << true << engine::Kernels::Fused;
    QTest::newRow("folder, BF16") << true << static_cast<int>(TensorType::BF16) << false
                                  << engine::Kernels::Fused;
    QTest::newRow("folder, BF16, plain kernels")
        << true << static_cast<int>(TensorType::BF16) << false << engine::Kernels::Plain;
}

// Bit for bit, on the same device.
void SessionSizesTest::aSliceEqualsAFileCutToIt()
{
    QFETCH(const bool, isFolder);
    QFETCH(const int, type);
    QFETCH(const bool, usesGpuKernels);
    QFETCH(const engine::Kernels, kernels);
    const auto device = usesGpuKernels ? tests::openDevice() : m_device;
    if (usesGpuKernels)
        device->context().useGpuKernels();

    const tests::TemporaryFolder folder;
    const tests::TinyModel tiny(options(static_cast<TensorType>(type)));
    const auto whole = folder / (isFolder ? "whole" : "whole.gguf");
    const auto cut = folder / (isFolder ? "cut" : "cut.gguf");
    if (isFolder)
        tiny.writeFolder(whole);
    else
        tiny.writeGguf(whole);
    tests::cutModel(whole, mixed(), cut);

    Session expected = startSession(load(device, cut), {.kernels = kernels});
    Session session = startSession(load(device, whole), {.kernels = kernels});
    must(session.setSize(mixed(), CacheAtSwitch::ReadAgain));
    QVERIFY(say(session, m_prompt) == say(expected, m_prompt));
}

void SessionSizesTest::aSliceMatchesTheReference_data()
{
    QTest::addColumn<engine::Kernels>("kernels");
    QTest::newRow("fused") << engine::Kernels::Fused;
    QTest::newRow("plain") << engine::Kernels::Plain;
}

// Sparsity is over the active width, kinds and borrowed keys are those of the file's layers.
void SessionSizesTest::aSliceMatchesTheReference()
{
    QFETCH(const engine::Kernels, kernels);
    const tests::TemporaryFolder folder;
    tests::TinyModel(options(TensorType::F32)).writeGguf(folder / "whole.gguf");
    tests::cutModel(folder / "whole.gguf", mixed(), folder / "cut.gguf");
    const auto expected = tests::referenceLogits(folder / "cut.gguf", m_prompt);

    Session session =
        startSession(m_model, {.kernels = kernels, .cache = engine::CachePrecision::Single});
    must(session.setSize(mixed(), CacheAtSwitch::ReadAgain));
    const auto logits = must(tests::logitsOf(session, m_prompt, 1));
    // Sums of at most a few hundred terms in fp32, in another order.
    QVERIFY(tests::relativeError(logits, expected) < 1e-5);
}

void SessionSizesTest::aSwitchTakesNoMemoryAndNoTime()
{
    Session session = startSession(m_model);
    say(session, m_prompt);
    const std::uint64_t weights = m_device->context().allocatedBytes();

    auto fastest = std::chrono::nanoseconds::max();
    for (int i = 0; i < 4; ++i) {
        const auto start = std::chrono::steady_clock::now();
        must(session.setSize(i % 2 == 0 ? mixed() : uniform(128), CacheAtSwitch::ReadAgain));
        fastest =
            std::min<std::chrono::nanoseconds>(fastest, std::chrono::steady_clock::now() - start);
        must(session.appendTokens(std::span(m_prompt).first(2), {}));
        must(session.generate(greedy(2), {}, {}));
    }
    qInfo("a switch takes %.3f ms", static_cast<double>(fastest.count()) / 1e6);
    QCOMPARE(m_device->context().allocatedBytes(), weights);
    QVERIFY(fastest < std::chrono::milliseconds(5));
}

// As if the conversation had been held at the new size from the start.
void SessionSizesTest::theCacheIsReadAgainAfterASwitch()
{
    Session expected = startSession(m_model);
    must(expected.setSize(uniform(64), CacheAtSwitch::ReadAgain));
    must(expected.appendTokens(m_prompt, {}));
    const auto answer = must(expected.generate(greedy(8), {}, {}));

    Session session = startSession(m_model, {2048, 8});
    must(session.appendTokens(m_prompt, {}));
    must(session.setSize(uniform(64), CacheAtSwitch::ReadAgain));
    QCOMPARE(QString::fromStdString(session.size().name), QString("uniform"));
    std::vector<std::pair<std::uint32_t, std::uint32_t>> progress;
    must(session.catchUp(
        {}, [&](std::uint32_t done, std::uint32_t total) { progress.emplace_back(done, total); }));
    using Steps = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
    QVERIFY((progress == Steps{{8, 29}, {16, 29}, {24, 29}, {29, 29}}));
    const auto reply = must(session.generate(greedy(8), {}, {}));
    QCOMPARE(reply.tokens, answer.tokens);
    QCOMPARE(session.foreignTokens(), 0U);
}

void SessionSizesTest::aStoppedReadingGoesOnWhereItWas()
{
    Session session = startSession(m_model, {2048, 8});
    must(session.appendTokens(m_prompt, {}));
    must(session.setSize(uniform(64), CacheAtSwitch::ReadAgain));
    std::stop_source stop;
    const auto stopped =
        session.catchUp(stop.get_token(), [&](std::uint32_t /*done*/, std::uint32_t /*total*/) {
            stop.request_stop();
        });
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    QCOMPARE(session.length(), 30U);
    const auto before = session.counters().tokensPrefilled;
    must(session.catchUp({}));
    QCOMPARE(session.counters().tokensPrefilled - before, 21U);
}

// Layer 3 is the last with keys of its own: what it makes of them, and later layers, are free.
void SessionSizesTest::sizesThatShareTheCacheReadNothingAgain()
{
    ModelSize late = uniform(128);
    for (std::size_t layer = 3; layer <= 8; ++layer)
        late.ffnWidths[layer] = 32;
    late.skippedLayers = {7};
    Session expected = startSession(m_model);
    must(expected.setSize(late, CacheAtSwitch::ReadAgain));
    must(expected.appendTokens(m_prompt, {}));
    const auto answer = must(expected.generate(greedy(8), {}, {}));

    Session session = startSession(m_model);
    must(session.appendTokens(m_prompt, {}));
    const auto before = session.counters().tokensPrefilled;
    must(session.setSize(late, CacheAtSwitch::ReadAgain));
    const auto reply = must(session.generate(greedy(8), {}, {}));
    QCOMPARE(session.counters().tokensPrefilled, before);
    QCOMPARE(reply.tokens, answer.tokens);
    QCOMPARE(session.foreignTokens(), 0U);
}

void SessionSizesTest::aKeptCacheIsMarked()
{
    Session session = startSession(m_model);
    must(session.appendTokens(m_prompt, {}));
    must(session.setSize(uniform(64), CacheAtSwitch::Keep));
    QCOMPARE(session.foreignTokens(), 29U);
    const auto before = session.counters().tokensPrefilled;
    must(session.generate(greedy(4), {}, {}));
    QVERIFY(session.foreignTokens() > 29U);
    QCOMPARE(session.counters().tokensPrefilled, before);

    // Back to what was read first: that much is exact, and what came after is read again.
    must(session.setSize(uniform(128), CacheAtSwitch::Keep));
    QCOMPARE(session.foreignTokens(), session.length() - 30U);
    must(session.setSize(uniform(128), CacheAtSwitch::ReadAgain));
    QCOMPARE(session.foreignTokens(), 0U);
    must(session.catchUp({}));
    QCOMPARE(session.counters().tokensPrefilled - before, session.length() - 30U);
}

void SessionSizesTest::aTokenReadsWhatItsSizeSays()
{
    const auto bytesRead = [this](const ModelSize& size, engine::Kernels kernels) {
        Session session = startSession(m_model, {.kernels = kernels});
        must(session.setSize(size, CacheAtSwitch::ReadAgain));
        must(session.appendTokens(m_prompt, {}));
        const auto before = session.counters();
        must(session.generate(greedy(1), {}, {}));
        return session.counters().weightBytesRead - before.weightBytesRead;
    };
    for (const ModelSize& size : {uniform(128), mixed()}) {
        const auto all = must(m_model->describeSize(size)).weightBytesPerToken;
        QCOMPARE(bytesRead(size, engine::Kernels::Plain), all);
        // Neurons that a sparse gate cuts are left out.
        QVERIFY(bytesRead(size, engine::Kernels::Fused) < all);
    }
    QVERIFY(must(m_model->describeSize(mixed())).weightBytes <
            must(m_model->describeSize(uniform(128))).weightBytes);
    QCOMPARE(must(m_model->describeSize(uniform(128))).weightBytes,
             m_model->info().deviceWeightBytes);
}

void SessionSizesTest::aSizeThatDoesNotFitChangesNothing()
{
    Session session = startSession(m_model);
    must(session.appendTokens(m_prompt, {}));
    ModelSize wrong = uniform(64);
    wrong.skippedLayers = {3};
    const auto result = session.setSize(wrong, CacheAtSwitch::ReadAgain);
    QVERIFY(!result && result.error().code == ErrorCode::InvalidInput);
    QCOMPARE(QString::fromStdString(session.size().name), QString("whole"));
    const auto before = session.counters().tokensPrefilled;
    must(session.generate(greedy(1), {}, {}));
    QCOMPARE(session.counters().tokensPrefilled, before);
}

QTEST_GUILESS_MAIN(SessionSizesTest)
#include "session_sizes_test.moc"
