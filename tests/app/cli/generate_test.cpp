#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

constexpr auto kAnswer = "I am fine, thank you. Show me a picture.";

// Draws as good as evenly from 64 tokens: text without end or sense.
const QStringList kRambling{"--temp", "1000", "--top-p", "1"};

class GenerateTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void greedyAnswerIsThatOfTheReference();
    void jsonSaysHowItWent();
    void sameSeedSameText();
    void otherSeedsGiveOtherText();
    void promptComesFromStandardInput();
    void plainKernelsAnswerTheSame();
    void rawPromptIsContinued();
    void systemTextIsRead();
    void invalidUtf8IsReplaced();
    void tokenLimitIsKept();
    void fullContextKeepsTheText();
    void promptThatDoesNotFitIsBadInput();
    void contextBeyondTheModelIsBadInput();
    void emptyPromptIsBadInput_data();
    void emptyPromptIsBadInput();
    void promptMayBeTheNameOfACommand();
    void wholeSizeHasTwoNames();
    void sizesAreNamesFractionsOrFiles_data();
    void sizesAreNamesFractionsOrFiles();
    void sizesThatDoNotFitSayWhy_data();
    void sizesThatDoNotFitSayWhy();
    void interruptStopsTheAnswer();
};

void GenerateTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
}

void GenerateTest::greedyAnswerIsThatOfTheReference()
{
    const CliResult result = runCli({"generate", "--temp", "0", "how are you"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(result.output, QByteArray(kAnswer) + "\n");
    QCOMPARE(result.errors, QByteArray());
}

void GenerateTest::jsonSaysHowItWent()
{
    const CliResult result = runCli({"generate", "--temp", "0", "--json", "how are you"});
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto json = result.json();
    QCOMPARE(json.value("text", ""), std::string(kAnswer));
    QCOMPARE(json.value("finish", ""), std::string("end_of_turn"));
    const std::size_t tokens = json["ids"].size();
    QVERIFY(tokens > 5);
    QCOMPARE(json.value("generated_tokens", std::size_t{0}), tokens);
    // The last token of the prompt is fed by the step that draws the first of the answer, and the
    // end of the turn is drawn too.
    QCOMPARE(json["counters"].value("tokens_prefilled", 0), json.value("prompt_tokens", 0) - 1);
    QCOMPARE(json["counters"].value("tokens_decoded", std::size_t{0}), tokens + 1);
    const auto& timings = json["timings"];
    QVERIFY(timings.value("load_seconds", 0.0) > 0.0);
    QVERIFY(timings.value("prefill_seconds", 0.0) > 0.0);
    QVERIFY(timings.value("time_to_first_token_seconds", 0.0) >=
            timings.value("prefill_seconds", 0.0));
    QVERIFY(timings.value("tokens_per_second", 0.0) > 0.0);
}

void GenerateTest::sameSeedSameText()
{
    const QStringList arguments =
        QStringList{"generate", "--seed", "7", "--max-tokens", "24", "hello"} + kRambling;
    const CliResult first = runCli(arguments);
    QCOMPARE(first.exitCode, 0);
    QVERIFY(first.output.size() > 1);
    QCOMPARE(runCli(arguments).output, first.output);
}

void GenerateTest::otherSeedsGiveOtherText()
{
    const QStringList arguments =
        QStringList{"generate", "--max-tokens", "24", "hello"} + kRambling;
    QVERIFY(runCli(arguments + QStringList{"--seed", "7"}).output !=
            runCli(arguments + QStringList{"--seed", "8"}).output);
}

void GenerateTest::promptComesFromStandardInput()
{
    const CliResult result = runCli({"generate", "--temp", "0", "-"}, "how are you\n");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output, QByteArray(kAnswer) + "\n");
}

void GenerateTest::plainKernelsAnswerTheSame()
{
    const CliResult result = runCli({"--plain", "generate", "--temp", "0", "how are you"});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.output, QByteArray(kAnswer) + "\n");
}

void GenerateTest::rawPromptIsContinued()
{
    const QStringList arguments{"generate", "--temp", "0", "--json", "--max-tokens", "4"};
    const auto raw = runCli(arguments + QStringList{"--raw", "how are you"}).json();
    const auto chat = runCli(arguments + QStringList{"how are you"}).json();
    const auto plain = runCli({"tokenize", "--jsonl", "-"}, "{\"text\": \"how are you\"}").json();
    // <bos> and the text; the template adds its markers.
    QCOMPARE(raw.value("prompt_tokens", std::size_t{0}), plain["ids"].size() + 1);
    QVERIFY(chat.value("prompt_tokens", 0) > raw.value("prompt_tokens", 0));
}

void GenerateTest::systemTextIsRead()
{
    const QStringList arguments{"generate", "--json", "--max-tokens", "1", "hi"};
    const auto without = runCli(arguments).json();
    const auto with = runCli(arguments + QStringList{"--system", "Be kind and brief."}).json();
    QVERIFY(without.value("prompt_tokens", 0) > 0);
    QVERIFY(with.value("prompt_tokens", 0) > without.value("prompt_tokens", 0));
}

void GenerateTest::invalidUtf8IsReplaced()
{
    const QStringList arguments{"generate", "--temp",       "0", "--json",
                                "--raw",    "--max-tokens", "4", "-"};
    const CliResult bad = runCli(arguments, "say \xff\xc3 now");
    QVERIFY2(bad.exitCode == 0, bad.errors);
    const CliResult good = runCli(arguments, "say \xef\xbf\xbd\xef\xbf\xbd now");
    QVERIFY(!bad.json().is_discarded());
    QCOMPARE(bad.json()["ids"].dump(), good.json()["ids"].dump());
    QCOMPARE(bad.json().value("prompt_tokens", 0), good.json().value("prompt_tokens", -1));
}

void GenerateTest::tokenLimitIsKept()
{
    const CliResult result =
        runCli({"generate", "--temp", "0", "--json", "--max-tokens", "3", "how are you"});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.json()["ids"].size(), std::size_t{3});
    QCOMPARE(result.json().value("finish", ""), std::string("token_limit"));
}

void GenerateTest::fullContextKeepsTheText()
{
    const QStringList arguments{"generate", "--temp", "0", "--json", "how are you"};
    const auto whole = runCli(arguments).json();
    const int context = whole.value("prompt_tokens", 0) + 3;
    const CliResult result = runCli(arguments + QStringList{"--context", QString::number(context)});
    QCOMPARE(result.exitCode, 0);
    const auto cut = result.json();
    QCOMPARE(cut.value("finish", ""), std::string("context_full"));
    QVERIFY(!cut.value("text", "").empty());
    QVERIFY(whole.value("text", "").starts_with(cut.value("text", "")));
    QVERIFY2(result.isOneSentence(), result.errors);
}

void GenerateTest::promptThatDoesNotFitIsBadInput()
{
    const CliResult result = runCli({"generate", "--context", "4", "one two three four five six"});
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
}

void GenerateTest::contextBeyondTheModelIsBadInput()
{
    const CliResult result = runCli({"generate", "--context", "4097", "hi"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("4096"), result.errors);
}

void GenerateTest::emptyPromptIsBadInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("empty") << QStringList{""};
    QTest::newRow("blank") << QStringList{" \n\t"};
    QTest::newRow("empty input") << QStringList{"-"};
    QTest::newRow("raw") << QStringList{"--raw", ""};
}

void GenerateTest::emptyPromptIsBadInput()
{
    QFETCH(QStringList, arguments);
    const CliResult result = runCli(QStringList{"generate"} + arguments);
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.errors, QByteArray("nestling-cli: The prompt is empty.\n"));
}

void GenerateTest::promptMayBeTheNameOfACommand()
{
    const CliResult result = runCli({"generate", "chat", "--max-tokens", "1"});
    QVERIFY2(result.exitCode == 0, result.errors);
}

void GenerateTest::wholeSizeHasTwoNames()
{
    for (const char* name : {"full", "whole"})
        QCOMPARE(runCli({"generate", "--size", name, "--max-tokens", "1", "hi"}).exitCode, 0);
}

void GenerateTest::sizesAreNamesFractionsOrFiles_data()
{
    QTest::addColumn<QString>("size");
    QTest::addColumn<QString>("name");
    QTest::newRow("name") << "half"
                          << "half";
    QTest::newRow("capitals") << "Three Quarters"
                              << "three-quarters";
    QTest::newRow("fraction") << "1.0"
                              << "full";
    QTest::newRow("file") << RESOURCES_DIR "/models/sizes.json#half"
                          << "half";
}

void GenerateTest::sizesAreNamesFractionsOrFiles()
{
    QFETCH(const QString, size);
    QFETCH(const QString, name);
    const CliResult result =
        runCli({"generate", "--json", "--size", size, "--max-tokens", "1", "hi"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(QString::fromStdString(result.json().value("size", "")), name);
}

void GenerateTest::sizesThatDoNotFitSayWhy_data()
{
    QTest::addColumn<QByteArray>("size");
    QTest::addColumn<QByteArray>("reason");
    const auto row = [](const char* name, const char* size, const char* reason) {
        QTest::newRow(name) << QByteArray(size) << QByteArray(reason);
    };
    row("wider than the file", R"("ffn": 544)", "has 512");
    row("cut inside a block", R"("ffn": 264)", "multiples of 32");
    row("every layer skipped", R"("ffn": 256, "skip": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])", "every");
    row("keys that are borrowed", R"("ffn": 256, "skip": [5])", "reads its keys and values");
    row("a list that lies", R"("ffn": -256)", "whole numbers");
}

void GenerateTest::sizesThatDoNotFitSayWhy()
{
    QFETCH(const QByteArray, size);
    QFETCH(const QByteArray, reason);
    QTemporaryDir folder;
    const QString list = folder.filePath("list.json");
    QVERIFY(tests::writeFile(list, R"({"sizes": [{"name": "odd", )" + size + "}]}"));
    const CliResult result = runCli({"generate", "--size", list, "hi"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.errors.contains(reason), result.errors);
    QVERIFY(result.isOneSentence());
}

void GenerateTest::interruptStopsTheAnswer()
{
    QProcess process;
    tests::startCli(process, QStringList{"generate", "--json", "--verbose", "--max-tokens", "4000",
                                         "--min-p", "0", "hello"} +
                                 kRambling);
    QByteArray printed;
    QVERIFY2(tests::waitForText(process, "Loaded ", printed), printed);
    tests::interrupt(process);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 0);
    printed += process.readAll();
    QVERIFY2(printed.contains("\"finish\":\"stopped\""), printed);
}

}  // namespace

QTEST_GUILESS_MAIN(GenerateTest)
#include "generate_test.moc"
