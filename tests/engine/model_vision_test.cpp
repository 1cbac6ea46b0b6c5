#include <QTest>

#include <fstream>
#include <iterator>
#include <optional>

#include "engine/encoders.h"
#include "engine/gpu/context.h"
#include "tests/support/golden_model.h"
#include "tests/support/picture.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::LoadProgress;
using engine::Model;
using engine::ModelPaths;
using tests::greedy;
using tests::must;
using tests::startSession;

namespace {

constexpr auto kText = RESOURCES_DIR "/models/nestling-demo-q8_0.gguf";
constexpr auto kEncoders = RESOURCES_DIR "/models/mmproj-nestling-demo-f16.gguf";

}  // namespace

// A model and the encoder that comes with it, or does not.
class ModelVisionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void theEncoderIsFoundAndLoaded();
    void progressCoversBothFiles();
    void stoppingInTheEncoderFreesEverything();
    void withoutAnEncoderThereIsAHint();
    void aDamagedEncoderLeavesTheText();
    void noMemoryForAFoundEncoderLeavesTheText();
    void noMemoryForAChosenEncoderFails();
    void noMemoryForAPictureLeavesTheConversation();
    void picturesOutliveTheirModel();

private:
    engine::gpu::Faults& faults() const { return m_device->context().faults(); }
    std::uint64_t allocated() const { return m_device->context().allocatedBytes(); }
    engine::Result<std::shared_ptr<const Model>> load(const ModelPaths& paths) const
    {
        return Model::load(m_device, paths, {}, {});
    }

    std::shared_ptr<engine::Device> m_device;
    engine::Image m_picture;
    std::optional<tests::TemporaryFolder> m_folder;  // with the text model alone
    std::filesystem::path m_alone;
};

void ModelVisionTest::initTestCase()
{
    m_device = tests::openDevice();
    if (!m_device)
        QSKIP("no Vulkan device");
    m_picture = tests::readPicture(TEST_DATA_DIR "/golden/multimodal/pictures/036.png");
    QVERIFY(m_picture.width > 0);
}

void ModelVisionTest::init()
{
    m_folder.emplace();
    m_alone = *m_folder / "alone.gguf";
    std::filesystem::copy_file(kText, m_alone);
}

void ModelVisionTest::cleanup()
{
    if (m_device)
        faults() = {};
}

void ModelVisionTest::theEncoderIsFoundAndLoaded()
{
    const auto model = must(load({kText}));
    QVERIFY(model->vision());
    const engine::VisionInfo& vision = model->vision()->info();
    QCOMPARE(vision.hiddenSize, model->info().hiddenSize);
    QVERIFY(model->info().hasVision);
    QCOMPARE(model->info().visionPath, std::filesystem::path(kEncoders));
    QCOMPARE(model->info().imageSize, vision.imageSize);
    QCOMPARE(model->info().imageTokens, vision.softTokens);
    QVERIFY(model->info().visionHint.empty());
}

void ModelVisionTest::progressCoversBothFiles()
{
    const auto totalOf = [&](const ModelPaths& paths) {
        std::vector<LoadProgress> reports;
        must(Model::load(m_device, paths,
                         [&reports](const LoadProgress& progress) { reports.push_back(progress); },
                         {}));
        std::uint64_t done = 0;
        for (const LoadProgress& report : reports) {
            if (report.bytesTotal != reports.front().bytesTotal || report.bytesDone < done)
                qFatal("progress goes back");
            done = report.bytesDone;
        }
        return done == reports.front().bytesTotal ? done : 0;
    };
    const std::uint64_t text = totalOf({m_alone});
    const std::uint64_t both = totalOf({m_alone, kEncoders});
    QVERIFY(text > 0);
    QVERIFY(both > text + 1'000'000);
}

void ModelVisionTest::stoppingInTheEncoderFreesEverything()
{
    const std::uint64_t before = allocated();
    const std::uint64_t text = must(load({m_alone}))->info().deviceWeightBytes;
    std::stop_source source;
    const auto stopped = Model::load(
        m_device, {kText},
        [&](const LoadProgress& progress) {
            if (progress.bytesDone > text)
                source.request_stop();
        },
        source.get_token());
    QVERIFY(source.stop_requested());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
    QCOMPARE(allocated(), before);
}

void ModelVisionTest::withoutAnEncoderThereIsAHint()
{
    const auto model = must(load({m_alone}));
    QVERIFY(!model->vision());
    QVERIFY(!model->info().hasVision);
    QVERIFY2(model->info().visionHint.find("mmproj") != std::string::npos,
             model->info().visionHint.c_str());
}

void ModelVisionTest::aDamagedEncoderLeavesTheText()
{
    std::ifstream whole(kEncoders, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(whole), {});
    bytes.resize(bytes.size() / 2);
    std::ofstream(*m_folder / "mmproj-half.gguf", std::ios::binary) << bytes;

    const auto model = must(load({m_alone}));
    QVERIFY(!model->vision());
    QVERIFY2(model->info().visionHint.find("mmproj-half.gguf") != std::string::npos,
             model->info().visionHint.c_str());
    const auto chosen = load({m_alone, *m_folder / "mmproj-half.gguf"});
    QVERIFY(!chosen);
    QCOMPARE(chosen.error().code, ErrorCode::InvalidFile);
}

void ModelVisionTest::noMemoryForAFoundEncoderLeavesTheText()
{
    const std::uint64_t before = allocated();
    const std::uint64_t text = [&] {
        const auto model = must(load({m_alone}));
        return allocated() - before;
    }();
    faults().memoryLimit = before + text;
    const auto model = must(load({kText}));
    QVERIFY(!model->vision());
    QVERIFY(!model->info().hasVision);
    QVERIFY(!model->info().visionHint.empty());
    QCOMPARE(allocated(), before + text);
}

void ModelVisionTest::noMemoryForAChosenEncoderFails()
{
    const std::uint64_t before = allocated();
    const std::uint64_t text = [&] {
        const auto model = must(load({m_alone}));
        return allocated() - before;
    }();
    faults().memoryLimit = before + text;
    const auto refused = load({m_alone, kEncoders});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    QCOMPARE(allocated(), before);
}

void ModelVisionTest::noMemoryForAPictureLeavesTheConversation()
{
    const auto model = must(load({kText}));
    engine::Session session = startSession(model);
    must(session.append({engine::Role::User, {"Hello"}}, {}));
    const std::uint32_t length = session.length();

    faults().memoryLimit = allocated();
    const auto refused = model->vision()->encode(m_picture, 0, {}, {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    QCOMPARE(session.length(), length);
    QVERIFY(!must(session.generate(greedy(8), {}, {})).text.empty());

    faults() = {};
    const auto picture = must(model->vision()->encode(m_picture, 0, {}, {}));
    must(session.append({engine::Role::User, {picture, "What do you see?"}}, {}));
    QCOMPARE(must(session.generate(greedy(32), {}, {})).text,
             std::string("The picture shows the number 7 in blue."));
}

void ModelVisionTest::picturesOutliveTheirModel()
{
    auto model = must(load({kText}));
    const auto picture = must(model->vision()->encode(m_picture, 0, {}, {}));
    engine::Session session = startSession(model);
    model.reset();
    must(session.append({engine::Role::User, {picture, "What do you see?"}}, {}));
    session = startSession(must(load({m_alone})));
    must(session.append({engine::Role::User, {picture, "What do you see?"}}, {}));
    QCOMPARE(must(session.generate(greedy(32), {}, {})).text,
             std::string("The picture shows the number 7 in blue."));
}

QTEST_GUILESS_MAIN(ModelVisionTest)
#include "model_vision_test.moc"
