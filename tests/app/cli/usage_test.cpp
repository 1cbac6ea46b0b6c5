#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

class UsageTest : public QObject {
    Q_OBJECT

private slots:
    void helpIsNoError_data();
    void helpIsNoError();
    void wrongUsageExitsWithOne_data();
    void wrongUsageExitsWithOne();
    void unknownCommandIsNamed();
    void valuesOutOfRangeAreBadInput_data();
    void valuesOutOfRangeAreBadInput();
    void unknownDeviceExitsWithThree_data();
    void unknownDeviceExitsWithThree();
    void devicesAreListedAsJson();
    void devicesAreListedAsText();
    void outputThatNobodyReadsIsNoError();
    void outputThatCannotBeWrittenIsAnError();
};

void UsageTest::helpIsNoError_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("program") << QStringList{"--help"} << QByteArray("bench");
    QTest::newRow("devices") << QStringList{"devices", "--help"} << QByteArray("--json");
    QTest::newRow("inspect") << QStringList{"inspect", "--help"} << QByteArray("--json");
    QTest::newRow("tokenize") << QStringList{"tokenize", "--help"} << QByteArray("--jsonl");
    QTest::newRow("logits") << QStringList{"logits", "--help"} << QByteArray("--streams");
    QTest::newRow("generate") << QStringList{"generate", "--help"} << QByteArray("--max-tokens");
    QTest::newRow("encode-audio") << QStringList{"encode-audio", "--help"}
                                  << QByteArray("--push-ms");
    QTest::newRow("transcribe") << QStringList{"transcribe", "--help"} << QByteArray("--srt");
    QTest::newRow("chat") << QStringList{"chat", "--help"} << QByteArray("/help");
    QTest::newRow("bench") << QStringList{"bench", "--help"} << QByteArray("--repeat");
}

void UsageTest::helpIsNoError()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, expected);
    const CliResult result = runCli(arguments);
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.output.contains(expected), result.output);
    QCOMPARE(result.errors, QByteArray());
}

void UsageTest::wrongUsageExitsWithOne_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("nothing") << QStringList{};
    QTest::newRow("unknown command") << QStringList{"sing"};
    QTest::newRow("unknown option") << QStringList{"devices", "--loud"};
    QTest::newRow("option of another command") << QStringList{"devices", "--seed", "1"};
    QTest::newRow("two commands") << QStringList{"devices", "inspect"};
    QTest::newRow("no prompt") << QStringList{"generate"};
    QTest::newRow("two prompts") << QStringList{"generate", "how", "are"};
    QTest::newRow("no file") << QStringList{"tokenize"};
    QTest::newRow("no output") << QStringList{"logits", "--ids", "ids.json"};
    QTest::newRow("no sound") << QStringList{"transcribe"};
    QTest::newRow("two formats") << QStringList{"transcribe", "a.wav", "--srt", "--vtt"};
    QTest::newRow("no number") << QStringList{"generate", "--temp", "warm", "hi"};
    QTest::newRow("negative seed") << QStringList{"generate", "--seed", "-1", "hi"};
    QTest::newRow("negative count") << QStringList{"generate", "--max-tokens", "-1", "hi"};
    QTest::newRow("count of 33 bits")
        << QStringList{"generate", "--max-tokens", "4294967296", "hi"};
    QTest::newRow("option without value") << QStringList{"generate", "hi", "--seed"};
    QTest::newRow("system without template")
        << QStringList{"generate", "--raw", "--system", "be kind", "hi"};
}

void UsageTest::wrongUsageExitsWithOne()
{
    QFETCH(QStringList, arguments);
    const CliResult result = runCli(arguments);
    QCOMPARE(result.exitCode, 1);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
}

void UsageTest::unknownCommandIsNamed()
{
    QVERIFY(runCli({"sing"}).errors.contains("no command sing"));
}

void UsageTest::valuesOutOfRangeAreBadInput_data()
{
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("value");
    const std::initializer_list<std::pair<const char*, const char*>> kRows{
        {"--temp", "-0.1"},          {"--temp", "nan"},         {"--temp", "inf"},
        {"--top-k", "257"},          {"--top-p", "0"},          {"--top-p", "1.5"},
        {"--top-p", "nan"},          {"--min-p", "-0.5"},       {"--min-p", "1.5"},
        {"--min-p", "nan"},          {"--repeat-penalty", "0"}, {"--repeat-penalty", "-1"},
        {"--repeat-penalty", "nan"}, {"--max-tokens", "0"},     {"--context", "0"},
        {"--size", "middling"},      {"--size", "0.1"},         {"--size", "nan"},
    };
    for (const auto& [option, value] : kRows)
        QTest::addRow("%s %s", option, value) << QString(option) << QString(value);
}

void UsageTest::valuesOutOfRangeAreBadInput()
{
    QFETCH(QString, option);
    QFETCH(QString, value);
    const CliResult result = runCli({"generate", option, value, "hi"});
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains(option.mid(2).toUtf8()), result.errors);
}

void UsageTest::unknownDeviceExitsWithThree_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("before the command") << QStringList{"--device", "abacus", "generate", "hi"};
    QTest::newRow("after the command") << QStringList{"generate", "hi", "--device", "abacus"};
    QTest::newRow("number") << QStringList{"generate", "hi", "--device", "99"};
    QTest::newRow("chat") << QStringList{"chat", "--device", "abacus"};
    QTest::newRow("bench") << QStringList{"bench", "--device", "abacus"};
}

void UsageTest::unknownDeviceExitsWithThree()
{
    QFETCH(QStringList, arguments);
    const CliResult result = runCli(arguments);
    QCOMPARE(result.exitCode, 3);
    QVERIFY2(result.isOneSentence(), result.errors);
}

void UsageTest::devicesAreListedAsJson()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    const CliResult result = runCli({"devices", "--json"});
    QCOMPARE(result.exitCode, 0);
    const auto devices = result.json();
    QVERIFY(devices.is_array());
    for (std::size_t i = 0; i < devices.size(); ++i) {
        QCOMPARE(devices[i].value("index", std::size_t{99}), i);
        QVERIFY(!devices[i].value("name", "").empty());
        QVERIFY(!devices[i].value("driver", "").empty());
        QVERIFY(devices[i].value("memory_bytes", std::uint64_t{0}) > 0);
        QVERIFY(devices[i]["is_software"].is_boolean());
        QVERIFY(devices[i].value("is_usable", false) || devices[i].contains("why_not"));
    }
}

void UsageTest::devicesAreListedAsText()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    const auto devices = runCli({"devices", "--json"}).json();
    const QByteArray text = runCli({"devices"}).output;
    for (const auto& device : devices)
        QVERIFY2(text.contains(device["name"].get<std::string>().c_str()), text);
}

void UsageTest::outputThatNobodyReadsIsNoError()
{
    QTemporaryDir folder;
    const QString lines = folder.filePath("lines.jsonl");
    QVERIFY(tests::writeFile(lines, QByteArray("{\"text\": \"one circle\"}\n").repeated(20'000)));
    QProcess shell;
    shell.start("bash", {"-c",
                         "\"$0\" tokenize --jsonl \"$1\" | head -n 1 >/dev/null;"
                         "echo ${PIPESTATUS[0]}",
                         tests::cliPath(), lines});
    QVERIFY(shell.waitForFinished());
    QCOMPARE(shell.readAllStandardOutput(), QByteArray("0\n"));
    QCOMPARE(shell.readAllStandardError(), QByteArray());
}

void UsageTest::outputThatCannotBeWrittenIsAnError()
{
    QProcess process;
    process.setStandardOutputFile("/dev/full");
    process.start(tests::cliPath(), {"inspect"});
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 2);
    QCOMPARE(process.readAllStandardError(),
             QByteArray("nestling-cli: Standard output cannot be written.\n"));
}

}  // namespace

QTEST_GUILESS_MAIN(UsageTest)
#include "usage_test.moc"
