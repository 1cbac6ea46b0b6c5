#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using nlohmann::json;
using tests::CliResult;
using tests::runCli;

class TokenizeTest : public QObject {
    Q_OBJECT

private slots:
    void idsAreThoseOfSentencepiece();
    void otherFieldsAreKeptInOrder();
    void blankLinesAreLeftOut();
    void controlTokensAreText();
    void badLinesAreNamed_data();
    void badLinesAreNamed();
    void missingFileIsNamed();
};

void TokenizeTest::idsAreThoseOfSentencepiece()
{
    QFile file(TEST_DATA_DIR "/golden/tokenizer/demo.jsonl");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QList<QByteArray> expected = file.readAll().trimmed().split('\n');
    const CliResult result = runCli({"tokenize", "--jsonl", file.fileName()});
    QCOMPARE(result.exitCode, 0);
    const QList<QByteArray> lines = result.output.trimmed().split('\n');
    QCOMPARE(lines.size(), expected.size());
    for (qsizetype i = 0; i < lines.size(); ++i)
        QVERIFY2(json::parse(lines[i], nullptr, false) == json::parse(expected[i], nullptr, false),
                 lines[i]);
}

void TokenizeTest::otherFieldsAreKeptInOrder()
{
    const CliResult result = runCli({"tokenize", "--jsonl", "-"},
                                    "{\"z\": 1.0, \"text\": \"\", \"a\": [null, \"\u00e9\"]}\n");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output,
             QByteArray("{\"z\":1.0,\"text\":\"\",\"a\":[null,\"\u00e9\"],\"ids\":[]}\n"));
}

void TokenizeTest::blankLinesAreLeftOut()
{
    const CliResult result =
        runCli({"tokenize", "--jsonl", "-"}, "\n{\"text\": \"\"}\r\n  \n{\"text\": \"\"}");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output.count('\n'), 2);
}

void TokenizeTest::controlTokensAreText()
{
    const CliResult result =
        runCli({"tokenize", "--jsonl", "-"}, "{\"text\": \"<end_of_turn><bos>\"}");
    QCOMPARE(result.exitCode, 0);
    const json line = result.json();
    // As markers they would be one id each.
    QVERIFY2(line["ids"].size() > 2, result.output);
}

void TokenizeTest::badLinesAreNamed_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("no JSON") << QByteArray("hello");
    QTest::newRow("cut off") << QByteArray("{\"text\": \"hel");
    QTest::newRow("no object") << QByteArray("[\"text\"]");
    QTest::newRow("no text") << QByteArray("{\"texts\": \"\"}");
    QTest::newRow("number") << QByteArray("{\"text\": 3}");
    QTest::newRow("invalid UTF-8") << QByteArray("{\"text\": \"\xff\"}");
}

void TokenizeTest::badLinesAreNamed()
{
    QFETCH(QByteArray, line);
    const CliResult result = runCli({"tokenize", "--jsonl", "-"}, "{\"text\": \"\"}\n" + line);
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("Line 2 of standard input"), result.errors);
}

void TokenizeTest::missingFileIsNamed()
{
    QTemporaryDir folder;
    const CliResult result = runCli({"tokenize", "--jsonl", folder.filePath("absent.jsonl")});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("absent.jsonl"), result.errors);
}

}  // namespace

QTEST_GUILESS_MAIN(TokenizeTest)
#include "tokenize_test.moc"
