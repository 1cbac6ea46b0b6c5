#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>
#include <chrono>

#include "tests/app/cli/cli_process.h"

namespace {

// The answer to a long message does not wait longer than that to a short one, as both are heard
// while they are spoken; and hearing takes little of the processor.
class BenchAudioHeavyTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void sevenSecondsAreAnsweredAsSoonAsTwo();
    void twentyEightSecondsAreAnsweredAsSoonAsTwo();

private:
    static void compare(const QStringList& arguments, double longest);
};

void BenchAudioHeavyTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
}

void BenchAudioHeavyTest::compare(const QStringList& arguments, double longest)
{
    // Three times each, at the speed of speech.
    const auto result = tests::runCli(QStringList{"bench", "--audio", "--json"} + arguments, {},
                                      std::chrono::minutes(5));
    QVERIFY2(result.exitCode == 0, result.errors);
    const auto audio = result.json()["audio"];
    QCOMPARE(audio["clips"][1].value("seconds", 0.0), longest);
    qInfo("%s", result.output.constData());
    QVERIFY(audio.value("longest_over_shortest", 1e9) <= 1.2);
    // What the host does while one speaks: from the callback to the features, and submitting.
    QVERIFY(audio.value("microphone_share_of_a_core", 1e9) +
                audio["clips"][1].value("host_share_of_a_core", 1e9) <=
            0.02);
}

void BenchAudioHeavyTest::sevenSecondsAreAnsweredAsSoonAsTwo()
{
    compare({}, 7);
}

// The small model with clips of the published length: the same file, which says so.
void BenchAudioHeavyTest::twentyEightSecondsAreAnsweredAsSoonAsTwo()
{
    const QDir models(RESOURCES_DIR "/models");
    QFile file(models.filePath("mmproj-nestling-demo-f16.gguf"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QByteArray encoders = file.readAll();
    const QByteArray key("nestling.audio.soft_tokens_per_clip");
    const qsizetype value = encoders.indexOf(key) + key.size() + 4;  // after its type
    QVERIFY(value > key.size() + 4);
    QCOMPARE(qFromLittleEndian<quint32>(encoders.constData() + value), 48U);
    qToLittleEndian<quint32>(188, encoders.data() + value);

    const QTemporaryDir folder;
    const QString path = folder.filePath("mmproj.gguf");
    QVERIFY(tests::writeFile(path, encoders));
    compare({"--mmproj", path}, 28);
}

}  // namespace

QTEST_GUILESS_MAIN(BenchAudioHeavyTest)
#include "bench_audio_heavy_test.moc"
