#include "engine/projector.h"

#include <QTest>

#include <fstream>
#include <optional>
#include <string>

#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::ModelPaths;
using engine::Projector;
using engine::Result;
using tests::must;

namespace {

// The small model's: its encoder is whole, and fits a text model of this width alone.
constexpr std::uint32_t kHidden = 256;
constexpr auto kEncoder = RESOURCES_DIR "/models/mmproj-nestling-demo-f16.gguf";

void writeProjector(const std::filesystem::path& path)
{
    std::filesystem::copy_file(kEncoder, path);
}

void writeText(const std::filesystem::path& path, std::uint32_t hidden = kHidden)
{
    tests::TinyModelOptions options;
    options.layers = 3;
    options.sharedKvLayers = 0;
    options.hidden = hidden;
    tests::TinyModel(options).writeGguf(path);
}

Result<Projector> find(const ModelPaths& paths)
{
    const auto files = must(engine::file::openModelFiles(paths.path));
    return engine::findProjector(paths, files, must(engine::decoder::readDecoderConfig(files)));
}

}  // namespace

// Which file of encoders goes with a text model, found or chosen.
class ProjectorTest : public QObject {
    Q_OBJECT

private slots:
    void oneBesideTheModelIsFound();
    void nothingBesideTheModelIsAHint();
    void oneOfAnotherModelIsAHint();
    void aDamagedOneIsAHint();
    void ofSeveralTheOneThatFitsIsTaken();
    void ofSeveralThatFitTheLikestNameIsTaken();
    void aFolderMayHaveOneBesideItsText();
    void aFoldersOwnIsLookedAtFirst();
    void aChosenOneIsTaken();
    void aChosenOneThatDoesNotFitFails();
    void modelsOfTextTakeNone();
    void theDemonstrationModelHasOne();

private:
    std::optional<tests::TemporaryFolder> m_folder;

private slots:
    void init() { m_folder.emplace(); }
};

void ProjectorTest::oneBesideTheModelIsFound()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "MMProj-F16.GGUF");
    const auto found = must(find({*m_folder / "model.gguf"}));
    QCOMPARE(found.path, *m_folder / "MMProj-F16.GGUF");
    QVERIFY(found.hint.empty());
}

void ProjectorTest::nothingBesideTheModelIsAHint()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "other.gguf");
    std::filesystem::create_directory(*m_folder / "mmproj.gguf");
    const auto found = must(find({*m_folder / "model.gguf"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("mmproj") != std::string::npos, found.hint.c_str());
}

void ProjectorTest::oneOfAnotherModelIsAHint()
{
    writeText(*m_folder / "model.gguf", 96);
    writeProjector(*m_folder / "mmproj.gguf");
    const auto found = must(find({*m_folder / "model.gguf"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("belongs to another model") != std::string::npos, found.hint.c_str());
    QVERIFY2(found.hint.find("96") != std::string::npos, found.hint.c_str());
}

void ProjectorTest::aDamagedOneIsAHint()
{
    writeText(*m_folder / "model.gguf");
    std::ofstream(*m_folder / "mmproj.gguf") << "GGUF, they said";
    const auto found = must(find({*m_folder / "model.gguf"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("mmproj.gguf") != std::string::npos, found.hint.c_str());
}

void ProjectorTest::ofSeveralTheOneThatFitsIsTaken()
{
    writeText(*m_folder / "model.gguf");
    writeText(*m_folder / "a-mmproj.gguf");  // whatever its name says
    writeProjector(*m_folder / "b-mmproj.gguf");
    std::ofstream(*m_folder / "c-mmproj.gguf") << "GGUF, they said";
    const auto found = must(find({*m_folder / "model.gguf"}));
    QCOMPARE(found.path, *m_folder / "b-mmproj.gguf");
    QCOMPARE(found.imageSize, 192U);
    QCOMPARE(found.softTokens, 36U);
    QVERIFY(found.bytes > 1'000'000 && found.bytes < std::filesystem::file_size(kEncoder));
}

// E2B and E4B are equally wide.
void ProjectorTest::ofSeveralThatFitTheLikestNameIsTaken()
{
    for (const char* size : {"E2B", "E4B"}) {
        const std::string name = std::string("gemma-3n-") + size + "-it";
        writeText(*m_folder / (name + "-Q4_K_M.gguf"));
        writeProjector(*m_folder / ("mmproj-" + name + "-F16.gguf"));
    }
    QCOMPARE(must(find({*m_folder / "gemma-3n-E2B-it-Q4_K_M.gguf"})).path,
             *m_folder / "mmproj-gemma-3n-E2B-it-F16.gguf");
    QCOMPARE(must(find({*m_folder / "gemma-3n-E4B-it-Q4_K_M.gguf"})).path,
             *m_folder / "mmproj-gemma-3n-E4B-it-F16.gguf");
}

void ProjectorTest::aFolderMayHaveOneBesideItsText()
{
    tests::TinyModelOptions options;
    options.hidden = kHidden;
    tests::TinyModel(options).writeFolder(*m_folder / "text", {.prefix = "model.language_model."});
    QVERIFY(must(find({*m_folder / "text"})).path.empty());
    writeProjector(*m_folder / "text/mmproj.gguf");
    QCOMPARE(must(find({*m_folder / "text"})).path, *m_folder / "text/mmproj.gguf");
}

// The tower is found, and that it lacks all but its first tensor is said.
void ProjectorTest::aFoldersOwnIsLookedAtFirst()
{
    tests::TinyModelOptions options;
    options.hidden = kHidden;
    tests::TinyModel model(options);
    model.tensors().push_back({"vision_tower.timm_model.conv_stem.conv.weight", {16, 3, 3, 3}});
    model.writeFolder(*m_folder / "whole", {.prefix = "model.language_model."});
    writeProjector(*m_folder / "whole/mmproj.gguf");
    const auto found = must(find({*m_folder / "whole"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("conv_stem") != std::string::npos, found.hint.c_str());
}

void ProjectorTest::aChosenOneIsTaken()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "mmproj.gguf");
    writeProjector(*m_folder / "eyes.gguf");
    QCOMPARE(must(find({*m_folder / "model.gguf", *m_folder / "eyes.gguf"})).path,
             *m_folder / "eyes.gguf");
}

void ProjectorTest::aChosenOneThatDoesNotFitFails()
{
    writeText(*m_folder / "model.gguf", 96);
    writeProjector(*m_folder / "eyes.gguf");
    for (const char* chosen : {"eyes.gguf", "model.gguf", "missing.gguf"}) {
        const auto refused = find({*m_folder / "model.gguf", *m_folder / chosen});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidFile);
        QVERIFY2(refused.error().message.find(chosen) != std::string::npos,
                 refused.error().message.c_str());
    }
}

void ProjectorTest::modelsOfTextTakeNone()
{
    tests::TinyModelOptions options;
    options.architecture = engine::decoder::Architecture::Gemma3;
    options.hidden = kHidden;
    tests::TinyModel(options).writeGguf(*m_folder / "model.gguf");
    writeProjector(*m_folder / "mmproj.gguf");
    const auto found = must(find({*m_folder / "model.gguf"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("text alone") != std::string::npos, found.hint.c_str());
    const auto refused = find({*m_folder / "model.gguf", *m_folder / "mmproj.gguf"});
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::UnsupportedModel);
}

void ProjectorTest::theDemonstrationModelHasOne()
{
    const std::filesystem::path models = RESOURCES_DIR "/models";
    QCOMPARE(must(find({models / "nestling-demo-q8_0.gguf"})).path,
             models / "mmproj-nestling-demo-f16.gguf");
}

QTEST_GUILESS_MAIN(ProjectorTest)
#include "projector_test.moc"
