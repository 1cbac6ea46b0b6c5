#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

constexpr auto kModel = RESOURCES_DIR "/models/nestling-demo-q8_0.gguf";
constexpr auto kEncoders = RESOURCES_DIR "/models/mmproj-nestling-demo-f16.gguf";

// Models that are looked at, and models that are no good.
class ModelsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void inspectDescribesTheEmbeddedModel();
    void inspectIsReadable();
    void givenModelIsTheOneThatIsRead();
    void encodersBesideTheModelAreFound();
    void chosenEncodersAreTheOnesThatAreRead();
    void encodersThatDoNotFitAreBadInput();
    void badModelsAreBadInput_data();
    void badModelsAreBadInput();
    void badModelsAreBadInputToGenerate_data() { badModelsAreBadInput_data(); }
    void badModelsAreBadInputToGenerate();

private:
    QTemporaryDir m_folder;
    QString m_skip;
};

void ModelsTest::initTestCase()
{
    m_skip = tests::reasonToSkip();
    QFile file(kModel);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray model = file.readAll();
    QVERIFY(tests::writeFile(m_folder.filePath("truncated.gguf"), model.left(model.size() / 2)));
    QVERIFY(tests::writeFile(m_folder.filePath("header.gguf"), model.left(100)));
    QVERIFY(tests::writeFile(m_folder.filePath("empty.gguf"), {}));
    QVERIFY(tests::writeFile(m_folder.filePath("letter.gguf"), "Dear model, how are you?\n"));
    QByteArray renamed = model;
    renamed.replace("gemma3n", "gemma9x");
    QVERIFY(tests::writeFile(m_folder.filePath("other.gguf"), renamed));
    QVERIFY(QDir(m_folder.path()).mkdir("bare"));
    QVERIFY(QDir(m_folder.path()).mkdir("broken"));
    QVERIFY(tests::writeFile(m_folder.filePath("broken/config.json"), "{"));
}

void ModelsTest::inspectDescribesTheEmbeddedModel()
{
    const CliResult result = runCli({"inspect", "--json"});
    QCOMPARE(result.exitCode, 0);
    const auto info = result.json();
    QCOMPARE(info.value("architecture", ""), std::string("gemma3n"));
    QCOMPARE(info.value("is_demonstration", false), true);
    QCOMPARE(info.value("layers", 0), 10);
    QCOMPARE(info.value("hidden_size", 0), 256);
    QCOMPARE(info.value("context_length", 0), 4096);
    QCOMPARE(info.value("has_tokenizer", false), true);
    QCOMPARE(info.value("file_bytes", qint64{0}), QFile(kModel).size());
    QVERIFY(info["missing"].is_array() && info["missing"].empty());
    QVERIFY(info["memory"].value("device_weight_bytes", 0) > 0);
    QVERIFY(info["memory"].value("per_layer_embedding_bytes", 0) > 0);
    QVERIFY(info["memory"].value("kv_bytes_at_full_context", 0) > 0);
    QCOMPARE(info["sizes"].value("nested", false), true);
    const auto half = info["sizes"]["list"][2];
    QCOMPARE(half.value("name", ""), std::string("half"));
    QCOMPARE(half["skip"].dump(), std::string("[6,7]"));
    QVERIFY(half.value("weight_bytes_per_token", 0) <
            info["sizes"]["list"][0].value("weight_bytes_per_token", 0));
    std::string types;
    for (const auto& use : info["tensors"])
        types += use.value("type", "") + " ";
    QVERIFY2(types.find("Q8_0 ") != std::string::npos, types.c_str());
    QVERIFY2(types.find("F32 ") != std::string::npos, types.c_str());
}

void ModelsTest::inspectIsReadable()
{
    const CliResult result = runCli({"inspect"});
    QCOMPARE(result.exitCode, 0);
    for (const char* part : {"gemma3n", "Q8_0", "4096 tokens", "9.0 MiB", "tokenizer", "size half"})
        QVERIFY2(result.output.contains(part), result.output);
}

void ModelsTest::givenModelIsTheOneThatIsRead()
{
    const QString copy = m_folder.filePath("copy.gguf");
    QVERIFY(QFile::copy(kModel, copy));
    QCOMPARE(runCli({"--model", copy, "--mmproj", kEncoders, "inspect"}).output,
             runCli({"inspect"}).output);
    QVERIFY(QFile::remove(copy));
    QCOMPARE(runCli({"inspect", "--model", copy}).exitCode, 2);
}

void ModelsTest::encodersBesideTheModelAreFound()
{
    const auto vision = runCli({"inspect", "--json"}).json()["vision"];
    QCOMPARE(vision.value("present", false), true);
    QVERIFY(QString::fromStdString(vision.value("path", ""))
                .endsWith("/models/mmproj-nestling-demo-f16.gguf"));

    const QString alone = m_folder.filePath("alone.gguf");
    QVERIFY(QFile::copy(kModel, alone));
    const CliResult without = runCli({"inspect", "--json", "--model", alone});
    QCOMPARE(without.exitCode, 0);
    QCOMPARE(without.json()["vision"].value("present", true), false);
    QVERIFY2(without.json()["vision"].value("hint", "").find("mmproj") != std::string::npos,
             without.output);
}

void ModelsTest::chosenEncodersAreTheOnesThatAreRead()
{
    const QString alone = m_folder.filePath("chosen.gguf");
    QVERIFY(QFile::copy(kModel, alone));
    const CliResult result = runCli({"inspect", "--model", alone, "--mmproj", kEncoders});
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.output.contains("by mmproj-nestling-demo-f16.gguf"), result.output);
}

void ModelsTest::encodersThatDoNotFitAreBadInput()
{
    for (const QString& path :
         {m_folder.filePath("none.gguf"), m_folder.filePath("letter.gguf"), QString(kModel)}) {
        const CliResult result = runCli({"inspect", "--mmproj", path});
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.isOneSentence(), result.errors);
        QVERIFY2(result.errors.contains(QFileInfo(path).fileName().toUtf8()), result.errors);
    }
}

void ModelsTest::badModelsAreBadInput_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : {"absent.gguf", "truncated.gguf", "header.gguf", "empty.gguf",
                             "letter.gguf", "other.gguf", "bare", "broken"})
        QTest::newRow(name) << QString(name);
}

void ModelsTest::badModelsAreBadInput()
{
    QFETCH(QString, name);
    const CliResult result = runCli({"inspect", "--json", "--model", m_folder.filePath(name)});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains(name.toUtf8()), result.errors);
}

void ModelsTest::badModelsAreBadInputToGenerate()
{
    if (!m_skip.isEmpty())
        QSKIP(qPrintable(m_skip));
    QFETCH(QString, name);
    const CliResult result = runCli({"generate", "hi", "--model", m_folder.filePath(name)});
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains(name.toUtf8()), result.errors);
}

}  // namespace

QTEST_GUILESS_MAIN(ModelsTest)
#include "models_test.moc"
