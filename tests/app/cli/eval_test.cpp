#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;
using tests::writeFile;

// A few examples at the small model's sizes; the whole set is the heavy test's.
class EvalTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void jsonHoldsEverySizeAndAnswer();
    void resumesAndDrawsAPicture();
    void changedExamplesAreRefused();
    void wrongInputIsASentence_data();
    void wrongInputIsASentence();

private:
    QTemporaryDir m_folder;
    QString m_examples;
};

void EvalTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    m_examples = m_folder.filePath("examples.jsonl");
    const QByteArray picture = RESOURCES_DIR "/examples/pictures/000.png";
    QVERIFY(writeFile(
        m_examples,
        R"({"prompt": "Repeat: one circle", "answer": "one circle.", "kind": "text"})"
        "\n"
        R"({"prompt": "Is the star large or small?", "image": ")" +
            picture +
            R"(", "answer": "The star is large.", "kind": "picture", "history": [{"prompt": "hello", "answer": "Hello!"}]})"
            "\n"
            R"({"prompt": "how are you"})"));
    QVERIFY(writeFile(m_folder.filePath("text.txt"), "one circle and a small red star"));
}

void EvalTest::jsonHoldsEverySizeAndAnswer()
{
    const CliResult result =
        runCli({"eval", m_examples, "--text", m_folder.filePath("text.txt"), "--json"});
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto json = result.json();
    QVERIFY(json["sizes"].size() >= 3);
    QCOMPARE(json.value("done", 0), json.value("total", 1));
    for (const auto& size : json["sizes"]) {
        QCOMPARE(size.value("answers", 0), 3);
        QCOMPARE(size.value("scored", 0), 2);
        QCOMPARE(size.value("failures", -1), 0);
        QCOMPARE(size["kinds"]["text"].value("exact", 0), 1);
        QVERIFY(size.value("tokens_per_second", 0.0) > 0);
        QVERIFY(size.value("time_to_first_token_seconds", 0.0) > 0);
        QVERIFY(size.value("log_likelihood_per_token", 1.0) < 0);
        QVERIFY(size.value("perplexity", 0.0) > 1);
        QVERIFY(size.value("memory_bytes", 0) > size.value("weight_bytes", 0));
    }
    // One file, whatever the size.
    const auto& sizes = json["sizes"];
    QCOMPARE(sizes.front().value("memory_bytes", 0), sizes.back().value("memory_bytes", 1));
    QVERIFY(sizes.front().value("parameters", 0) > sizes.back().value("parameters", 0));
    QCOMPARE(json["answers"].size(), std::size_t{3});
}

void EvalTest::resumesAndDrawsAPicture()
{
    const QString journal = m_folder.filePath("journal");
    const QStringList command{"eval",      m_examples,  "--sizes",
                              "full,half", "--resume",  journal,
                              "--csv",     "--picture", m_folder.filePath("picture.png")};
    const CliResult first = runCli(command);
    QVERIFY2(first.exitCode == 0, first.errors);
    QVERIFY(first.output.startsWith("size,kind,"));
    QCOMPARE(QImage(m_folder.filePath("picture.png")).size(), QSize(960, 600));

    // As if it had been ended in the middle of writing a result.
    QFile file(journal);
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray whole = file.readAll();
    QVERIFY(file.resize(whole.size() - 9));
    const CliResult second = runCli(command);
    QVERIFY2(second.exitCode == 0, second.errors);
    QVERIFY(file.seek(0));
    QCOMPARE(file.readAll().count('\n'), whole.count('\n'));

    const CliResult third = runCli(command);  // nothing is left to do
    QCOMPARE(third.output, second.output);
}

void EvalTest::changedExamplesAreRefused()
{
    const QString examples = m_folder.filePath("changing.jsonl");
    const QStringList command{"eval", examples,   "--sizes",
                              "half", "--resume", m_folder.filePath("journal of changes")};
    QVERIFY(writeFile(examples, R"({"prompt": "hello"})"));
    QCOMPARE(runCli(command).exitCode, 0);
    QVERIFY(writeFile(examples, R"({"prompt": "goodbye"})"));
    const CliResult result = runCli(command);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.errors.contains("was begun with other examples, or they have changed"),
             result.errors);
    QVERIFY(result.isOneSentence());
}

void EvalTest::wrongInputIsASentence_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("what");

    const QString here = m_examples;
    QTest::newRow("no file") << QStringList{"none.jsonl"} << 2 << QByteArray("cannot be read");
    // A large model takes its time to load.
    QTest::newRow("no file, and no device either")
        << QStringList{"none.jsonl", "--device", "none"} << 2 << QByteArray("none.jsonl");
    QTest::newRow("no size of that name")
        << QStringList{here, "--sizes", "huge"} << 2 << QByteArray("huge");
    QTest::newRow("a name of no letters")
        << QStringList{here, "--sizes", "half,"} << 2 << QByteArray("--sizes");
    QTest::newRow("no text") << QStringList{here, "--text", "none.txt"} << 2
                             << QByteArray("none.txt cannot be read");
    QTest::newRow("two formats") << QStringList{here, "--json", "--csv"} << 1
                                 << QByteArray("--json");
    QTest::newRow("no token") << QStringList{here, "--max-tokens", "0"} << 1
                              << QByteArray("--max-tokens");
}

void EvalTest::wrongInputIsASentence()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QByteArray, what);
    const CliResult result = runCli(QStringList{"eval"} + arguments);
    QTEST(result.exitCode, "exitCode");
    QVERIFY2(result.errors.contains(what), result.errors);
    QVERIFY(result.isOneSentence());
}

}  // namespace

QTEST_GUILESS_MAIN(EvalTest)
#include "eval_test.moc"
