#include <QFile>
#include <QTest>

#include "engine/file/mapped_file.h"
#include "engine/file/model_files.h"
#include "tests/app/cli/cli_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace {

using tests::CliResult;
using tests::runCli;

// What is wrong with the world, and the exit code that says whose fault it is.
class FaultsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void weightsThatAreNoNumbersAreBadInput();
    void filesThatMayNotBeReadAreBadInput();
    void aCacheBeyondTheDeviceIsTheDevices();

private:
    QString path(const std::string& name) const
    {
        return QString::fromStdString((m_folder / name).string());
    }

    // Copies a model with NaN as the first number of a tensor.
    void damage(const std::string& from, const char* tensor, const std::string& to) const;

    tests::TemporaryFolder m_folder;
};

void FaultsTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    tests::TinyModel().writeGguf(m_folder / "tiny.gguf");
    // Runs as it is, so that what follows fails for the reason that is given.
    const CliResult result =
        runCli({"generate", "--max-tokens", "2", "hi", "--model", path("tiny.gguf")});
    QVERIFY2(result.exitCode == 0, result.errors);
}

void FaultsTest::damage(const std::string& from, const char* tensor, const std::string& to) const
{
    const auto files = engine::file::openModelFiles(m_folder / from);
    QVERIFY(files);
    const auto whole = files->tensors.files.front()->bytes();
    const auto part = files->tensors.find(tensor)->bytes;
    QByteArray bytes(reinterpret_cast<const char*>(whole.data()),
                     static_cast<qsizetype>(whole.size()));
    bytes.replace(part.data() - whole.data(), 4, QByteArray(4, '\xFF'));
    QVERIFY(tests::writeFile(path(to), bytes));
}

void FaultsTest::weightsThatAreNoNumbersAreBadInput()
{
    // Norms are read while loading, matrices only by the device.
    for (const char* tensor : {"output_norm.weight", "token_embd.weight"}) {
        damage("tiny.gguf", tensor, "damaged.gguf");
        const CliResult result = runCli({"generate", "hi", "--model", path("damaged.gguf")});
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.isOneSentence(), result.errors);
        QVERIFY2(result.errors.contains("damaged"), result.errors);
    }
}

void FaultsTest::filesThatMayNotBeReadAreBadInput()
{
    const QString locked = path("locked.gguf");
    QVERIFY(QFile::copy(path("tiny.gguf"), locked));
    QVERIFY(QFile::setPermissions(locked, {}));
    if (QFile file(locked); file.open(QIODevice::ReadOnly))
        QSKIP("the superuser may read everything");
    const CliResult result = runCli({"generate", "hi", "--model", locked});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("locked.gguf"), result.errors);
}

// A cache of a hundred gigabytes and more.
void FaultsTest::aCacheBeyondTheDeviceIsTheDevices()
{
    tests::TinyModelOptions options;
    options.context = 1U << 24;
    options.heads = 16;
    options.kvHeads = 16;
    options.headDim = 256;
    tests::TinyModel(options).writeGguf(m_folder / "long.gguf");
    const QStringList ask{"generate", "--max-tokens",    "2",        "hi",
                          "--model",  path("long.gguf"), "--context"};
    QCOMPARE(runCli(ask + QStringList{"512"}).exitCode, 0);
    const CliResult result = runCli(ask + QStringList{QString::number(options.context)});
    QCOMPARE(result.exitCode, 3);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("context of 16777216 tokens"), result.errors);
}

}  // namespace

QTEST_GUILESS_MAIN(FaultsTest)
#include "faults_test.moc"
