#include <algorithm>
#include <cmath>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"
#include "tests/support/golden_set.h"
#include "tests/support/safetensors_reader.h"

namespace {

using tests::CliResult;
using tests::runCli;

QByteArray jsonText(const std::vector<std::uint32_t>& ids)
{
    return QByteArray::fromStdString(nlohmann::json(ids).dump());
}

// The largest difference, as a part of the largest expected value; infinite where sizes differ.
float relativeError(const std::vector<float>& values, const std::vector<float>& expected)
{
    if (values.size() != expected.size() || expected.empty())
        return HUGE_VALF;
    float error = 0.0F;
    float largest = 0.0F;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]))
            return HUGE_VALF;
        error = std::max(error, std::abs(values[i] - expected[i]));
        largest = std::max(largest, std::abs(expected[i]));
    }
    return error / largest;
}

class LogitsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void goldenLogitsAndStreamsAreWritten();
    void chunksOfAnySizeGiveTheSame();
    void withoutStreamsThereAreNone();
    void objectWithIdsIsReadToo();
    void badIdsAreBadInput_data();
    void badIdsAreBadInput();
    void moreIdsThanContextAreBadInput();
    void badChunkIsBadInput_data();
    void badChunkIsBadInput();
    void unwritableOutputIsBadInput_data();
    void unwritableOutputIsBadInput();
    void failureLeavesTheOldFileAlone();

private:
    CliResult runLogits(const QByteArray& ids, const QStringList& more = {});
    std::vector<float> written(const std::string& name);

    QTemporaryDir m_folder;
    QString m_output = m_folder.filePath("out.safetensors");
    QString m_model = m_folder.filePath("model");
    tests::GoldenSet m_set;
};

// The folder of a golden set holds no tokenizer.
void LogitsTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    auto set = tests::readGoldenSet(TEST_DATA_DIR "/golden/text/no-sharing");
    QVERIFY2(set, set ? "" : set.error().message.c_str());
    m_set = *std::move(set);
    const auto folder = tests::writeModelFolder(m_set, m_model.toStdString());
    QVERIFY2(folder, folder ? "" : folder.error().message.c_str());
}

CliResult LogitsTest::runLogits(const QByteArray& ids, const QStringList& more)
{
    const QString file = m_folder.filePath("ids.json");
    QFile::remove(m_output);
    if (!tests::writeFile(file, ids))
        return {};
    return runCli(QStringList{"logits", "--model", m_model, "--ids", file, "--out", m_output} +
                  more);
}

std::vector<float> LogitsTest::written(const std::string& name)
{
    const auto file = tests::SafetensorsReader::open(m_output.toStdString());
    return file ? file->floats(name) : std::vector<float>();
}

void LogitsTest::goldenLogitsAndStreamsAreWritten()
{
    const CliResult result = runLogits(jsonText(m_set.ids), {"--streams"});
    QVERIFY2(result.exitCode == 0, result.errors);

    const auto file = tests::SafetensorsReader::open(m_output.toStdString());
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    const std::size_t tokens = m_set.ids.size();
    QCOMPARE(file->tensors().at("logits").shape,
             (std::vector<std::size_t>{tokens, m_set.vocabulary}));
    QCOMPARE(file->tensors().at("streams").shape,
             (std::vector<std::size_t>{m_set.layers, 4, tokens, m_set.hidden}));

    // What is asked of the engine.
    constexpr float kTolerance = 1e-4F;
    const auto logits =
        tests::rowsAt(file->floats("logits"), tokens, m_set.vocabulary, m_set.logitsPositions);
    QVERIFY(relativeError(logits, m_set.logits) <= kTolerance);
    const auto streams =
        tests::rowsAt(file->floats("streams"), tokens, m_set.hidden, m_set.streamsPositions);
    QVERIFY(relativeError(streams, m_set.streams) <= kTolerance);
}

void LogitsTest::chunksOfAnySizeGiveTheSame()
{
    QCOMPARE(runLogits(jsonText(m_set.ids), {"--streams"}).exitCode, 0);
    const auto logits = written("logits");
    const auto streams = written("streams");
    for (const char* chunk : {"1", "7"}) {
        QCOMPARE(runLogits(jsonText(m_set.ids), {"--streams", "--chunk", chunk}).exitCode, 0);
        // Other shapes of the same sums: float32 rounding.
        QVERIFY(relativeError(written("logits"), logits) <= 2e-5F);
        QVERIFY(relativeError(written("streams"), streams) <= 2e-5F);
    }
}

void LogitsTest::withoutStreamsThereAreNone()
{
    QCOMPARE(runLogits("[2, 5]").exitCode, 0);
    const auto file = tests::SafetensorsReader::open(m_output.toStdString());
    QVERIFY(file);
    QVERIFY(file->contains("logits"));
    QVERIFY(!file->contains("streams"));
}

void LogitsTest::objectWithIdsIsReadToo()
{
    QCOMPARE(runLogits("[2, 5, 9]").exitCode, 0);
    const auto logits = written("logits");
    QCOMPARE(runLogits("{\"text\": \"\", \"ids\": [2, 5, 9]}").exitCode, 0);
    QVERIFY(!logits.empty());
    QCOMPARE(written("logits"), logits);
}

void LogitsTest::badIdsAreBadInput_data()
{
    QTest::addColumn<QByteArray>("ids");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("no JSON") << QByteArray("[1, 2") << QByteArray("JSON");
    QTest::newRow("empty file") << QByteArray() << QByteArray("JSON");
    QTest::newRow("string") << QByteArray("\"12\"") << QByteArray("array");
    QTest::newRow("object without ids") << QByteArray("{\"id\": [1]}") << QByteArray("array");
    QTest::newRow("none") << QByteArray("[]") << QByteArray("no token ids");
    QTest::newRow("negative") << QByteArray("[1, -1]") << QByteArray("-1 as element 1");
    QTest::newRow("fraction") << QByteArray("[1.5]") << QByteArray("1.5 as element 0");
    QTest::newRow("text") << QByteArray("[\"a\"]") << QByteArray("\"a\" as element 0");
    QTest::newRow("33 bits") << QByteArray("[4294967296]") << QByteArray("element 0");
    QTest::newRow("past the vocabulary")
        << QByteArray("[1, 384]") << QByteArray("384 as element 1");
}

void LogitsTest::badIdsAreBadInput()
{
    QFETCH(QByteArray, ids);
    QFETCH(QByteArray, expected);
    const CliResult result = runLogits(ids);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("ids.json"), result.errors);
    QVERIFY2(result.errors.contains(expected), result.errors);
    QVERIFY(!QFile::exists(m_output));
    QVERIFY(!QFile::exists(m_output + ".partial"));
}

void LogitsTest::moreIdsThanContextAreBadInput()
{
    const CliResult result = runLogits(jsonText(std::vector<std::uint32_t>(4097, 5)));
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("4096"), result.errors);
}

void LogitsTest::badChunkIsBadInput_data()
{
    QTest::addColumn<QString>("chunk");
    QTest::newRow("0") << "0";
    QTest::newRow("257") << "257";
}

void LogitsTest::badChunkIsBadInput()
{
    QFETCH(QString, chunk);
    const CliResult result = runLogits("[2]", {"--chunk", chunk});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
}

void LogitsTest::unwritableOutputIsBadInput_data()
{
    QTest::addColumn<QString>("output");
    QTest::newRow("no folder") << m_folder.filePath("absent/out.safetensors");
    QTest::newRow("folder") << m_folder.path();
    QTest::newRow("device") << QStringLiteral("/dev/null");
}

void LogitsTest::unwritableOutputIsBadInput()
{
    QFETCH(QString, output);
    const QString ids = m_folder.filePath("ids.json");
    QVERIFY(tests::writeFile(ids, "[2]"));
    const CliResult result = runCli({"logits", "--model", m_model, "--ids", ids, "--out", output});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains(output.toUtf8()), result.errors);
}

void LogitsTest::failureLeavesTheOldFileAlone()
{
    const QString ids = m_folder.filePath("ids.json");
    const QString output = m_folder.filePath("kept.safetensors");
    QVERIFY(tests::writeFile(ids, "[999999]"));
    QVERIFY(tests::writeFile(output, "precious"));
    QCOMPARE(runCli({"logits", "--model", m_model, "--ids", ids, "--out", output}).exitCode, 2);
    QFile file(output);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray("precious"));
}

}  // namespace

QTEST_GUILESS_MAIN(LogitsTest)
#include "logits_test.moc"
