#include <QTest>

#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <stop_token>
#include <string>
#include <thread>

#include "engine/file/mapped_file.h"
#include "engine/file/model_files.h"
#include "engine/gpu/context.h"
#include "engine/kernels/shader_code.h"
#include "engine/log.h"
#include "engine/model_state.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_model.h"
#include "tests/support/random_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::Model;
using engine::decoder::Architecture;
using engine::file::TensorType;
using tests::greedy;
using tests::must;
using tests::startSession;
using tests::TinyModel;
using tests::TinyModelOptions;

Q_DECLARE_METATYPE(engine::decoder::Architecture)
Q_DECLARE_METATYPE(engine::file::TensorType)

namespace {

using Clock = std::chrono::steady_clock;

constexpr TensorType kAllTypes[] = {
    TensorType::F32,  TensorType::F16,  TensorType::BF16, TensorType::Q4_0,   TensorType::Q4_1,
    TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0, TensorType::Q2_K,   TensorType::Q3_K,
    TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K, TensorType::IQ4_NL, TensorType::IQ4_XS};

// Rows of 256, so that every block type fits.
TinyModelOptions wideOptions()
{
    TinyModelOptions options;
    options.layers = 3;
    options.sharedKvLayers = 1;
    options.fullPeriod = 2;
    options.hidden = 256;
    options.heads = 4;
    options.headDim = 64;
    options.ffn = 512;
    return options;
}

// Overwrites the first bytes of a tensor, named as in the file.
void damage(const std::filesystem::path& path, const std::string& tensor, std::string_view bytes)
{
    std::streamoff offset = 0;
    {
        const auto files = must(engine::file::openModelFiles(path));
        const auto& stored = files.tensors.tensors.at(tensor);
        offset = stored.bytes.data() - files.tensors.files.front()->bytes().data();
    }
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string floatNaN()
{
    const float value = std::numeric_limits<float>::quiet_NaN();
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

// From files to a model on the device: every type and form, how loading reports and stops, and
// weights that are no numbers.
class ModelLoadTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void everyTypeMatchesTheReference_data();
    void everyTypeMatchesTheReference();
    void everyFormOfAModelIsTheSame_data();
    void everyFormOfAModelIsTheSame();
    void manyWindowsAreAsOne_data();
    void manyWindowsAreAsOne();
    void encodersInAFolderDoNotCountAsText();
    void progressIsMonotonicAndComplete();
    void cancellingStopsAtOnceAndFreesEverything_data();
    void cancellingStopsAtOnceAndFreesEverything();
    void cancellingBeforeTheStartLoadsNothing();
    void aModelFreesEverything();
    void aVectorWithoutNumbersIsRefused_data();
    void aVectorWithoutNumbersIsRefused();
    void aMatrixWithoutNumbersEndsTheAnswer_data();
    void aMatrixWithoutNumbersEndsTheAnswer();

private:
    std::vector<float> logitsOfFile(const std::filesystem::path& path,
                                    const std::shared_ptr<engine::Device>& device) const;

    // 75 MB of weights, which are read in many pieces. Written once.
    std::filesystem::path largeFile();

    std::shared_ptr<engine::Device> m_device;
    std::vector<std::uint32_t> m_ids;
    tests::TemporaryFolder m_large;
};

void ModelLoadTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_ids = tests::randomIds(20, /*seed=*/1, 320);
}

void ModelLoadTest::cleanup()
{
    engine::setLogSink({});
}

std::vector<float> ModelLoadTest::logitsOfFile(const std::filesystem::path& path,
                                               const std::shared_ptr<engine::Device>& device) const
{
    auto session = startSession(
        must(Model::load(device, {path}, {}, {})),
        {.contextLength = 32, .prefillChunk = 8, .cache = engine::CachePrecision::Single});
    return must(tests::logitsOf(session, m_ids, 8));
}

std::filesystem::path ModelLoadTest::largeFile()
{
    const std::filesystem::path file = m_large / "large.gguf";
    if (!std::filesystem::exists(file)) {
        TinyModelOptions options = wideOptions();
        options.ffn = 8192;
        TinyModel(options).writeGguf(file);
    }
    return file;
}

void ModelLoadTest::everyTypeMatchesTheReference_data()
{
    QTest::addColumn<TensorType>("type");
    for (const TensorType type : kAllTypes)
        QTest::newRow(std::string(engine::file::typeInfo(type).name).c_str()) << type;
}

void ModelLoadTest::everyTypeMatchesTheReference()
{
    QFETCH(const TensorType, type);
    std::vector<std::string> lines;
    engine::setLogSink(
        [&lines](engine::LogLevel, std::string_view line) { lines.emplace_back(line); });
    TinyModelOptions options = wideOptions();
    options.matrixType = type;
    const tests::TemporaryFolder folder;
    TinyModel(options).writeGguf(folder / "tiny.gguf");
    const auto actual = logitsOfFile(folder / "tiny.gguf", m_device);
    if (engine::kernels::isOnDevice(type)) {
        QVERIFY2(lines.empty(), lines.empty() ? "" : lines.front().c_str());
    } else {
        QCOMPARE(lines.size(), std::size_t{1});
        QVERIFY2(lines.front().find(engine::file::typeInfo(type).name) != std::string::npos,
                 lines.front().c_str());
        QVERIFY2(lines.front().find("Q8_0") != std::string::npos, lines.front().c_str());
    }
    const auto expected = tests::referenceLogits(folder / "tiny.gguf", m_ids);
    // As stored: the tolerance. Repacked to Q8_0, whose blocks have one scale where random
    // Q2_K and Q3_K blocks have two that differ up to 64 times: the finer half suffers.
    const double tolerance = engine::kernels::isOnDevice(type) ? 1e-4 : 0.05;
    const double error = tests::relativeError(actual, expected);
    QVERIFY2(error < tolerance, qPrintable(QString::number(error)));
}

void ModelLoadTest::everyFormOfAModelIsTheSame_data()
{
    QTest::addColumn<Architecture>("architecture");
    QTest::newRow("gemma3n") << Architecture::Gemma3n;
    QTest::newRow("gemma3") << Architecture::Gemma3;
}

void ModelLoadTest::everyFormOfAModelIsTheSame()
{
    QFETCH(const Architecture, architecture);
    TinyModelOptions options;
    options.architecture = architecture;
    const TinyModel model(options);
    const tests::TemporaryFolder folder;
    model.writeGguf(folder / "tiny.gguf");
    const auto expected = logitsOfFile(folder / "tiny.gguf", m_device);

    model.writeFolder(folder / "text");
    model.writeFolder(folder / "multimodal", {.prefix = "model.language_model.", .shards = 3});
    std::filesystem::create_directory(folder / "split");
    const auto split = model.writeGgufSet(folder / "split", 3);
    std::vector<std::filesystem::path> forms{folder / "text", folder / "multimodal", split};
    if (architecture == Architecture::Gemma3n) {
        options.keepsBorrowedKeys = false;
        TinyModel(options).writeGguf(folder / "without.gguf");
        TinyModel(options).writeFolder(folder / "without");
        forms.push_back(folder / "without.gguf");
        forms.push_back(folder / "without");
    }
    for (const auto& form : forms) {
        // The same weights; only the sparsity is written as a share here and as a multiplier there.
        const double error = tests::relativeError(logitsOfFile(form, m_device), expected);
        QVERIFY2(error < 1e-6, (form.string() + ": " + std::to_string(error)).c_str());
    }
}

void ModelLoadTest::manyWindowsAreAsOne_data()
{
    QTest::addColumn<TensorType>("type");
    QTest::addColumn<double>("tolerance");
    // Sparse layers skip neurons only where a matrix is one window, and add up in another order
    // then.
    QTest::newRow("F32") << TensorType::F32 << 1e-5;
    QTest::newRow("BF16") << TensorType::BF16 << 0.0;
    QTest::newRow("Q8_0") << TensorType::Q8_0 << 0.0;
}

// A device that binds 16 KiB at once: of the embedding table, 90 KiB in F32, and of the layers'
// larger matrices only parts.
void ModelLoadTest::manyWindowsAreAsOne()
{
    QFETCH(const TensorType, type);
    QFETCH(const double, tolerance);
    TinyModelOptions options;
    options.matrixType = type;
    options.vocabulary = 700;
    options.textVocabulary = 650;
    const tests::TemporaryFolder folder;
    TinyModel(options).writeGguf(folder / "tiny.gguf");

    auto narrow = must(engine::Device::open());
    narrow->context().limitStorageBufferRange(std::uint64_t{16} << 10U);
    // Ids of every window, the first and last of the table among them.
    std::vector<std::uint32_t> ids{0, 699};
    for (std::uint32_t id = 31; id < 700; id += 37)
        ids.push_back(id);
    std::size_t windows = 0;
    const auto run = [&](const std::shared_ptr<engine::Device>& device) {
        const auto model = must(Model::load(device, {folder / "tiny.gguf"}, {}, {}));
        windows = model->state().weights.embedTokens.windows.size();
        auto session = startSession(model, {.contextLength = 64, .prefillChunk = 5});
        auto logits = must(tests::logitsOf(session, ids, 5));
        auto tokens = must(session.generate(greedy(16), {}, {})).tokens;
        return std::pair(std::move(logits), std::move(tokens));
    };
    const auto actual = run(narrow);
    QVERIFY(windows >= 3);
    const auto expected = run(m_device);
    QCOMPARE(windows, std::size_t{1});
    QVERIFY(actual.second.size() > 4);
    QVERIFY(tests::relativeError(actual.first, expected.first) <= tolerance);
    QCOMPARE(actual.second, expected.second);
}

void ModelLoadTest::encodersInAFolderDoNotCountAsText()
{
    const tests::TemporaryFolder folder;
    const tests::FolderOptions options{.prefix = "model.language_model."};
    TinyModel model;
    model.writeFolder(folder / "text", options);
    model.tensors().push_back({"vision_tower.timm_model.conv_stem.conv.weight", {16, 3, 3, 3}});
    model.writeFolder(folder / "whole", options);
    const auto text = must(Model::inspect({folder / "text"}));
    const auto whole = must(Model::inspect({folder / "whole"}));
    QVERIFY(text.parameters > 0);
    QCOMPARE(whole.parameters, text.parameters);
    QVERIFY(whole.fileBytes > text.fileBytes);
}

void ModelLoadTest::progressIsMonotonicAndComplete()
{
    const std::filesystem::path large = largeFile();
    std::vector<engine::LoadProgress> reports;
    const auto model = must(Model::load(
        m_device, {large},
        [&reports](const engine::LoadProgress& progress) { reports.push_back(progress); }, {}));
    QVERIFY(reports.size() > 4);
    std::uint64_t done = 0;
    for (const auto& report : reports) {
        QCOMPARE(report.bytesTotal, reports.front().bytesTotal);
        QVERIFY(report.bytesDone >= done);
        QVERIFY(report.bytesDone - done <= std::uint64_t{16} << 20U);
        done = report.bytesDone;
    }
    QCOMPARE(done, reports.front().bytesTotal);
    QVERIFY(done > std::uint64_t{60} << 20U);
    QVERIFY(done < model->info().fileBytes);
}

void ModelLoadTest::cancellingStopsAtOnceAndFreesEverything_data()
{
    QTest::addColumn<std::uint64_t>("mebibytes");
    QTest::newRow("at the first report") << std::uint64_t{0};
    QTest::newRow("in the middle") << std::uint64_t{30};
}

void ModelLoadTest::cancellingStopsAtOnceAndFreesEverything()
{
    QFETCH(const std::uint64_t, mebibytes);
    const std::filesystem::path large = largeFile();
    const std::uint64_t before = m_device->context().allocatedBytes();
    std::stop_source source;
    Clock::time_point asked;
    std::uint64_t reports = 0;
    const auto cancelled = Model::load(
        m_device, {large},
        [&](const engine::LoadProgress& progress) {
            if (source.stop_requested()) {
                ++reports;
            } else if (progress.bytesDone >= mebibytes << 20U) {
                source.request_stop();
                asked = Clock::now();
            }
        },
        source.get_token());
    const auto latency = Clock::now() - asked;
    QVERIFY(!cancelled);
    QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
    QCOMPARE(reports, std::uint64_t{0});
    QVERIFY(latency < std::chrono::milliseconds(200));
    QCOMPARE(m_device->context().allocatedBytes(), before);
}

void ModelLoadTest::cancellingBeforeTheStartLoadsNothing()
{
    const std::filesystem::path large = largeFile();
    const std::uint64_t before = m_device->context().allocatedBytes();
    std::stop_source source;
    source.request_stop();
    std::uint64_t done = 0;
    const auto cancelled = Model::load(
        m_device, {large},
        [&done](const engine::LoadProgress& progress) { done = progress.bytesDone; },
        source.get_token());
    QVERIFY(!cancelled);
    QCOMPARE(cancelled.error().code, ErrorCode::Cancelled);
    QVERIFY(done <= std::uint64_t{16} << 20U);
    QCOMPARE(m_device->context().allocatedBytes(), before);
}

void ModelLoadTest::aModelFreesEverything()
{
    const std::uint64_t before = m_device->context().allocatedBytes();
    {
        const auto model = tests::loadTiny(m_device, TinyModel());
        const std::uint64_t held = m_device->context().allocatedBytes() - before;
        QVERIFY(held >= model->info().deviceWeightBytes);
        auto session = startSession(model);
        QCOMPARE(m_device->context().allocatedBytes() - before, held + session.deviceBytes());
    }
    QCOMPARE(m_device->context().allocatedBytes(), before);
}

void ModelLoadTest::aVectorWithoutNumbersIsRefused_data()
{
    QTest::addColumn<QByteArray>("tensor");
    for (const char* tensor : {"output_norm.weight", "blk.1.attn_norm.weight",
                               "blk.0.altup_router.weight", "blk.2.altup_predict_coef.weight"})
        QTest::newRow(tensor) << QByteArray(tensor);
}

void ModelLoadTest::aVectorWithoutNumbersIsRefused()
{
    QFETCH(const QByteArray, tensor);
    const tests::TemporaryFolder folder;
    TinyModelOptions options;
    TinyModel(options).writeGguf(folder / "tiny.gguf");
    damage(folder / "tiny.gguf", tensor.toStdString(), floatNaN());
    const std::uint64_t before = m_device->context().allocatedBytes();
    const auto refused = Model::load(m_device, {folder / "tiny.gguf"}, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidFile);
    QVERIFY2(refused.error().message.find(tensor.toStdString()) != std::string::npos,
             refused.error().message.c_str());
    QCOMPARE(m_device->context().allocatedBytes(), before);
}

void ModelLoadTest::aMatrixWithoutNumbersEndsTheAnswer_data()
{
    QTest::addColumn<QByteArray>("tensor");
    QTest::addColumn<TensorType>("type");
    // Tables are read by rows, matrices whole.
    for (const char* tensor :
         {"token_embd.weight", "blk.0.attn_q.weight", "per_layer_token_embd.weight"})
        QTest::addRow("F32 %s", tensor) << QByteArray(tensor) << TensorType::F32;
    for (const char* tensor :
         {"blk.1.attn_v.weight", "blk.5.ffn_down.weight", "per_layer_token_embd.weight"})
        QTest::addRow("Q8_0 %s", tensor) << QByteArray(tensor) << TensorType::Q8_0;
}

void ModelLoadTest::aMatrixWithoutNumbersEndsTheAnswer()
{
    QFETCH(const QByteArray, tensor);
    QFETCH(const TensorType, type);
    TinyModelOptions options;
    options.matrixType = type;
    const tests::TemporaryFolder folder;
    TinyModel(options).writeGguf(folder / "tiny.gguf");
    damage(folder / "tiny.gguf", tensor.toStdString(),
           type == TensorType::F32 ? floatNaN() : std::string("\x00\x7E", 2));
    auto session = startSession(must(Model::load(m_device, {folder / "tiny.gguf"}, {}, {})));
    // Row 0 of the tables is the damaged one.
    must(session.appendTokens(std::vector<std::uint32_t>{2, 5, 0}, {}));
    const auto refused = session.generate(greedy(4), {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::InvalidFile);
    QVERIFY2(refused.error().message.find("not numbers") != std::string::npos,
             refused.error().message.c_str());
    QCOMPARE(session.length(), 3U);
}

QTEST_GUILESS_MAIN(ModelLoadTest)
#include "model_load_test.moc"
