#include "engine/projector.h"

#include <QTest>

#include <fstream>
#include <optional>
#include <string>

#include "tests/support/gguf_writer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::ModelPaths;
using engine::Projector;
using engine::Result;
using tests::must;

namespace {

constexpr std::uint32_t kHidden = 64;  // the tiny model's

// As much of a file of encoders as tells whose it is.
void writeProjector(const std::filesystem::path& path, std::uint64_t width)
{
    tests::GgufWriter writer;
    writer.text("general.architecture", "clip");
    writer.tensor("mm.input_projection.weight", {width, 8}, engine::file::TensorType::F32,
                  [width] { return std::vector<std::byte>(width * 8 * sizeof(float)); });
    writer.write(path);
}

void writeText(const std::filesystem::path& path, const tests::TinyModelOptions& options = {})
{
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
    void aFolderHasItsOwn();
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
    writeProjector(*m_folder / "MMProj-F16.GGUF", kHidden);
    const auto found = must(find({*m_folder / "model.gguf"}));
    QCOMPARE(found.path, *m_folder / "MMProj-F16.GGUF");
    QVERIFY(found.hint.empty());
}

void ProjectorTest::nothingBesideTheModelIsAHint()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "other.gguf", kHidden);
    std::filesystem::create_directory(*m_folder / "mmproj.gguf");
    const auto found = must(find({*m_folder / "model.gguf"}));
    QVERIFY(found.path.empty());
    QVERIFY2(found.hint.find("mmproj") != std::string::npos, found.hint.c_str());
}

void ProjectorTest::oneOfAnotherModelIsAHint()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "mmproj.gguf", kHidden + 32);
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
    writeProjector(*m_folder / "a-mmproj.gguf", kHidden + 8);
    writeProjector(*m_folder / "b-mmproj.gguf", kHidden);
    writeProjector(*m_folder / "c-mmproj.gguf", kHidden * 2);
    QCOMPARE(must(find({*m_folder / "model.gguf"})).path, *m_folder / "b-mmproj.gguf");
}

// E2B and E4B are equally wide.
void ProjectorTest::ofSeveralThatFitTheLikestNameIsTaken()
{
    for (const char* size : {"E2B", "E4B"}) {
        const std::string name = std::string("gemma-3n-") + size + "-it";
        writeText(*m_folder / (name + "-Q4_K_M.gguf"));
        writeProjector(*m_folder / ("mmproj-" + name + "-F16.gguf"), kHidden);
    }
    QCOMPARE(must(find({*m_folder / "gemma-3n-E2B-it-Q4_K_M.gguf"})).path,
             *m_folder / "mmproj-gemma-3n-E2B-it-F16.gguf");
    QCOMPARE(must(find({*m_folder / "gemma-3n-E4B-it-Q4_K_M.gguf"})).path,
             *m_folder / "mmproj-gemma-3n-E4B-it-F16.gguf");
}

void ProjectorTest::aFolderHasItsOwn()
{
    tests::TinyModel model;
    const tests::FolderOptions options{.prefix = "model.language_model."};
    model.writeFolder(*m_folder / "text", options);
    QVERIFY(must(find({*m_folder / "text"})).path.empty());
    writeProjector(*m_folder / "text/mmproj.gguf", kHidden);
    QCOMPARE(must(find({*m_folder / "text"})).path, *m_folder / "text/mmproj.gguf");

    model.tensors().push_back({"embed_vision.embedding_projection.weight", {kHidden, 8}});
    model.writeFolder(*m_folder / "whole", options);
    writeProjector(*m_folder / "whole/mmproj.gguf", kHidden);
    QCOMPARE(must(find({*m_folder / "whole"})).path, *m_folder / "whole");
}

void ProjectorTest::aChosenOneIsTaken()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "mmproj.gguf", kHidden);
    writeProjector(*m_folder / "eyes.gguf", kHidden);
    QCOMPARE(must(find({*m_folder / "model.gguf", *m_folder / "eyes.gguf"})).path,
             *m_folder / "eyes.gguf");
}

void ProjectorTest::aChosenOneThatDoesNotFitFails()
{
    writeText(*m_folder / "model.gguf");
    writeProjector(*m_folder / "mmproj.gguf", kHidden);
    writeProjector(*m_folder / "wide.gguf", kHidden * 2);
    for (const char* chosen : {"wide.gguf", "model.gguf", "missing.gguf"}) {
        const auto refused = find({*m_folder / "model.gguf", *m_folder / chosen});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidFile);
        QVERIFY2(refused.error().message.find(chosen) != std::string::npos,
                 refused.error().message.c_str());
    }
}

void ProjectorTest::modelsOfTextTakeNone()
{
    writeText(*m_folder / "model.gguf", {.architecture = engine::decoder::Architecture::Gemma3});
    writeProjector(*m_folder / "mmproj.gguf", kHidden);
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
