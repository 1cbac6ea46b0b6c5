#include <QDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

class BenchTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void decodedTokenCostsOneSubmissionAndOneWait();
    void countsAreTheSameEachTime();
    void speedsAreMeasured();
    void madeUpModelsCostWhatTheyMay_data();
    void madeUpModelsCostWhatTheyMay();
    void onlyPlainKernelsReadEverything();
    void aSwitchOfSizeMovesNoWeights_data();
    void aSwitchOfSizeMovesNoWeights();
    void textNamesModelAndSpeed();
    void valuesOutOfRangeAreBadInput_data();
    void valuesOutOfRangeAreBadInput();
};

const QStringList kShort{"bench", "--prompt", "40", "--generate", "12", "--repeat", "2"};

void BenchTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
}

void BenchTest::decodedTokenCostsOneSubmissionAndOneWait()
{
    const CliResult result = runCli(kShort + QStringList{"--json"});
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto decode = result.json()["decode"];
    QCOMPARE(decode.value("tokens", 0), 12);
    QCOMPARE(decode.value("submissions_per_token", 0.0), 1.0);
    QCOMPARE(decode.value("waits_per_token", 0.0), 1.0);
    QVERIFY(decode.value("dispatches_per_token", 0) > 0);
    QVERIFY(decode.value("weight_bytes_per_token", 0) > 1'000'000);
    QVERIFY(decode.value("bytes_read_back_per_token", 0) > 0);
    QVERIFY(decode.value("bytes_read_back_per_token", 1000) <= 512);
}

void BenchTest::countsAreTheSameEachTime()
{
    const auto counts = [](nlohmann::json json) {
        for (const char* half : {"prefill", "decode"}) {
            json[half].erase("seconds");
            json[half].erase("tokens_per_second");
        }
        json.erase("time_to_first_token_seconds");
        json["size_switch"].erase("seconds");
        return json.dump();
    };
    const auto first = runCli(kShort + QStringList{"--json"});
    const auto second = runCli(kShort + QStringList{"--json"});
    QVERIFY2(first.exitCode == 0, first.errors);
    QCOMPARE(counts(second.json()), counts(first.json()));
}

void BenchTest::speedsAreMeasured()
{
    const auto json = runCli(kShort + QStringList{"--json"}).json();
    QCOMPARE(json["prefill"].value("tokens", 0), 40);
    QVERIFY(json["prefill"].value("tokens_per_second", 0.0) > 0.0);
    QVERIFY(json["prefill"].value("flops_per_token", 0.0) > 0.0);
    QVERIFY(json["prefill"].value("submissions", 0) >= 1);
    QVERIFY(json["prefill"].value("dispatches", 0) > 1);
    QVERIFY(json["decode"].value("tokens_per_second", 0.0) > 0.0);
    QVERIFY(json.value("time_to_first_token_seconds", 0.0) >=
            json["prefill"].value("seconds", 1e9) / 2);
    QVERIFY(!json.value("model", "").empty());
    QVERIFY(!json.value("device", "").empty());
}

void BenchTest::madeUpModelsCostWhatTheyMay_data()
{
    QTest::addColumn<QString>("shape");
    QTest::addColumn<double>("dispatches");
    QTest::addColumn<double>("shareOfPrefill");  // of the operations of all layers
    // Of the least that is read without sparsity. Feed-forward networks, of which the sparse layers
    // read a part, are less of a narrow model than of a published one: there it is 0.90 at most.
    QTest::addColumn<double>("shareOfWeights");
    QTest::newRow("layers of E2B") << "e2b-narrow" << 300.0 << 0.68 << 0.92;
    QTest::newRow("layers of E4B") << "e4b-narrow" << 350.0 << 0.58 << 0.90;
}

void BenchTest::madeUpModelsCostWhatTheyMay()
{
    QFETCH(const QString, shape);
    QFETCH(const double, dispatches);
    QFETCH(const double, shareOfPrefill);
    QFETCH(const double, shareOfWeights);
    const auto filesLeft = [] {
        return QDir::temp().entryList({"nestling-synthetic-*"}, QDir::Files).size();
    };
    const auto before = filesLeft();
    const CliResult result = runCli({"bench", "--synthetic", shape + ":q8_0", "--prompt", "4",
                                     "--generate", "2", "--repeat", "1", "--json"});
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto json = result.json();
    QCOMPARE(QString::fromStdString(json.value("model", "")), "synthetic " + shape);
    const auto decode = json["decode"];
    QCOMPARE(decode.value("tokens", 0), 2);
    QCOMPARE(decode.value("commands_recorded_per_token", -1.0), 0.0);
    QCOMPARE(decode.value("submissions_per_token", 0.0), 1.0);
    QCOMPARE(decode.value("waits_per_token", 0.0), 1.0);
    QVERIFY(decode.value("bytes_read_back_per_token", 1000.0) <= 16.0);
    QVERIFY(decode.value("dispatches_per_token", 1e9) <= dispatches);
    QVERIFY(decode.value("weight_bytes_per_token", 1e12) <=
            shareOfWeights * decode.value("least_weight_bytes_per_token", 0.0));
    QVERIFY(json["prefill"].value("flops_per_token", 1e12) <=
            shareOfPrefill * json["prefill"].value("all_layer_flops_per_token", 0.0));
    QCOMPARE(filesLeft(), before);
}

void BenchTest::onlyPlainKernelsReadEverything()
{
    const auto fused = runCli(kShort + QStringList{"--json"}).json()["decode"];
    const auto plain = runCli(kShort + QStringList{"--json", "--plain"}).json()["decode"];
    const auto least = plain.value("least_weight_bytes_per_token", 0.0);
    QVERIFY(plain.value("weight_bytes_per_token", 0.0) >= least);
    QVERIFY(plain.value("weight_bytes_per_token", 1e12) <= 1.03 * least);
    // Of the neurons of sparse layers that are cut, only the gate is read.
    QVERIFY(fused.value("weight_bytes_per_token", 1e12) < 0.95 * least);
    QVERIFY(plain.value("dispatches_per_token", 0.0) >
            1.5 * fused.value("dispatches_per_token", 1e9));
}

void BenchTest::aSwitchOfSizeMovesNoWeights_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("sizes");
    QTest::newRow("the model that comes along") << QStringList{} << "full half";
    QTest::newRow("the layers of E4B")
        << QStringList{"--synthetic", "e4b-narrow:q4_0"} << "whole E2B";
}

void BenchTest::aSwitchOfSizeMovesNoWeights()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QString, sizes);
    const QByteArray validation = qgetenv("NESTLING_VALIDATION");
    qunsetenv("NESTLING_VALIDATION");  // which looks at every command that is recorded
    const QStringList few{"--prompt", "4", "--generate", "2", "--repeat", "1", "--json"};
    const CliResult result = runCli(QStringList{"bench"} + arguments + few);
    if (!validation.isEmpty())
        qputenv("NESTLING_VALIDATION", validation);
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto change = result.json()["size_switch"];
    QCOMPARE(QString::fromStdString(change.value("from", "") + " " + change.value("to", "")),
             sizes);
    QVERIFY(change.value("device_bytes_before", 0) > 0);
    QCOMPARE(change.value("device_bytes_after", 1), change.value("device_bytes_before", 0));
    qInfo("%.2f ms", change.value("seconds", 1.0) * 1e3);
    const bool isSanitized = qEnvironmentVariableIntValue("TESTS_ARE_SANITIZED") == 1;
    QVERIFY(change.value("seconds", 1.0) < (isSanitized ? 50e-3 : 5e-3));
}

void BenchTest::textNamesModelAndSpeed()
{
    const CliResult result = runCli(kShort);
    QCOMPARE(result.exitCode, 0);
    for (const char* part : {"prefill: 40 tokens", "decode: 12 tokens", "tokens/s",
                             "submissions_per_token 1\n", "from size full to half in "})
        QVERIFY2(result.output.contains(part), result.output);
}

void BenchTest::valuesOutOfRangeAreBadInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("no prompt") << QStringList{"--prompt", "0"};
    QTest::newRow("nothing to generate") << QStringList{"--generate", "0"};
    QTest::newRow("no run") << QStringList{"--repeat", "0"};
    QTest::newRow("more than the context") << QStringList{"--prompt", "4096", "--generate", "1"};
    QTest::newRow("no such shape") << QStringList{"--synthetic", "e3b:q4_0"};
    QTest::newRow("no such type") << QStringList{"--synthetic", "e2b:q4_9"};
    QTest::newRow("far more") << QStringList{"--prompt", "4294967295", "--generate", "4294967295"};
}

void BenchTest::valuesOutOfRangeAreBadInput()
{
    QFETCH(QStringList, arguments);
    const CliResult result = runCli(QStringList{"bench"} + arguments);
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    QVERIFY2(result.isOneSentence(), result.errors);
}

}  // namespace

QTEST_GUILESS_MAIN(BenchTest)
#include "bench_test.moc"
