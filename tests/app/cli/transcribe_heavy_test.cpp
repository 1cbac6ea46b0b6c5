#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <vector>

#include <sndfile.h>
#include <sys/resource.h>

#include "tests/app/cli/cli_process.h"
#include "tests/support/wave_file.h"

namespace {

using tests::CliResult;
using tests::runCli;

constexpr int kRateHz = 16000;
constexpr int kPhrases = 5;

// So many minutes, in which the phrase is said five times.
void writeTalk(const QString& path, const std::vector<float>& phrase, int minutes)
{
    SF_INFO info{};
    info.samplerate = kRateHz;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    SNDFILE* file = sf_open(QFile::encodeName(path).constData(), SFM_WRITE, &info);
    if (file == nullptr)
        qFatal("%s", sf_strerror(nullptr));
    std::vector<float> minute(60 * kRateHz);
    for (int i = 0; i < minutes; ++i) {
        const bool isSpoken = i % (minutes / kPhrases) == 0;
        for (std::size_t sample = 0; sample < phrase.size(); ++sample)
            minute[sample] = isSpoken ? phrase[sample] : 0.0F;
        sf_writef_float(file, minute.data(), static_cast<sf_count_t>(minute.size()));
    }
    sf_close(file);
}

// The most memory that any program started so far has had.
long peakKilobytes()
{
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_maxrss;
}

class TranscribeHeavyTest : public QObject {
    Q_OBJECT

private slots:
    void anHourTakesNoMoreMemoryThanMinutes();
};

void TranscribeHeavyTest::anHourTakesNoMoreMemoryThanMinutes()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    const auto phrase = tests::readWave(TEST_DATA_DIR "/golden/multimodal/clips/026.wav");
    const QTemporaryDir folder;
    const auto transcribe = [&](int minutes) {
        const QString path = folder.filePath(QString("%1.wav").arg(minutes));
        writeTalk(path, phrase, minutes);
        return runCli({"transcribe", path});
    };
    const QByteArray expected = QByteArray("small blue heart\n").repeated(kPhrases);
    QCOMPARE(transcribe(5).output, expected);
    const long before = peakKilobytes();
    QCOMPARE(transcribe(60).output, expected);
    // The file is 115 MB; an allocator may be a little luckier one time than another.
    QVERIFY2(peakKilobytes() - before < 8192, qPrintable(QString::number(peakKilobytes())));
}

}  // namespace

QTEST_GUILESS_MAIN(TranscribeHeavyTest)
#include "transcribe_heavy_test.moc"
