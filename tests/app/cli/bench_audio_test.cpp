#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

// What `bench --audio` counts and how it is used; how fast it is, is for the heavy test.
class BenchAudioTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void theEncoderCostsWhatIsPromised();
    void rowsAreReadWhileTheyAreHeard();
    void textNamesLatencyAndCosts();
    void valuesOutOfRangeAreBadInput_data();
    void valuesOutOfRangeAreBadInput();
    void lengthsNeedSound();

private:
    CliResult m_result;  // of half a second and one
};

void BenchAudioTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    m_result = runCli({"bench", "--audio", "--clip-seconds", "0.5", "--clip-seconds", "1",
                       "--repeat", "1", "--json"});
    QVERIFY2(m_result.exitCode == 0, m_result.errors);
}

void BenchAudioTest::theEncoderCostsWhatIsPromised()
{
    const auto encoder = m_result.json()["audio"]["encoder"];
    QCOMPARE(encoder.value("rows_per_clip", 0), 48);
    QCOMPARE(encoder.value("blocks", 0), 4);
    QCOMPARE(encoder.value("passes", 0), 1);
    QVERIFY(encoder.value("state_bytes", 0) > 4 * 12 * 2 * 128 * 4);  // keys and values alone
    // Beside the blocks: the front's convolutions, the projection, and the embedder.
    constexpr double kAroundTheBlocks = 10;
    QVERIFY(encoder.value("dispatches_per_pass", 1e9) <= kAroundTheBlocks + 12 * 4);
    QVERIFY(encoder.value("gflop_per_second_of_sound", 0.0) > 0.01);
}

// 8,000 samples are not worth a pass yet; of the first 9,600 come 13 frames, which are 4 rows.
void BenchAudioTest::rowsAreReadWhileTheyAreHeard()
{
    const auto clips = m_result.json()["audio"]["clips"];
    QCOMPARE(clips.size(), std::size_t{2});
    QCOMPARE(clips[0].value("tokens_after_the_end", 0) - clips[1].value("tokens_after_the_end", 0),
             4);
    QVERIFY(clips[0].value("tokens_after_the_end", 0) > 48);
    for (const auto& clip : clips) {
        QVERIFY(clip.value("first_token_milliseconds", 0.0) > 0.0);
        QVERIFY(clip.value("host_share_of_a_core", 0.0) > 0.0);
    }
    QVERIFY(m_result.json()["audio"].value("longest_over_shortest", 0.0) > 0.0);
    QVERIFY(m_result.json()["audio"].value("microphone_share_of_a_core", 0.0) > 0.0);
}

void BenchAudioTest::textNamesLatencyAndCosts()
{
    const CliResult result = runCli({"bench", "--audio", "--clip-seconds", "0.1", "--repeat", "1"});
    QCOMPARE(result.exitCode, 0);
    for (const char* part : {"0.1 s of speech: first token", "ms after its end", "% of a core",
                             "longest over shortest 1.000", "state_bytes "})
        QVERIFY2(result.output.contains(part), result.output);
}

void BenchAudioTest::valuesOutOfRangeAreBadInput_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("no sound") << QStringList{"--clip-seconds", "0"};
    QTest::newRow("longer than a clip") << QStringList{"--clip-seconds", "7.6"};
    QTest::newRow("not a number") << QStringList{"--clip-seconds", "nan"};
    QTest::newRow("no run") << QStringList{"--repeat", "0"};
}

void BenchAudioTest::valuesOutOfRangeAreBadInput()
{
    QFETCH(const QStringList, arguments);
    const CliResult result = runCli(QStringList{"bench", "--audio"} + arguments);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
}

void BenchAudioTest::lengthsNeedSound()
{
    QCOMPARE(runCli({"bench", "--clip-seconds", "2"}).exitCode, 1);
}

}  // namespace

QTEST_GUILESS_MAIN(BenchAudioTest)
#include "bench_audio_test.moc"
