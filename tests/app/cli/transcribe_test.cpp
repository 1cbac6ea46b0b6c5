#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <vector>

#include <sndfile.h>

#include "tests/app/cli/cli_process.h"
#include "tests/support/wave_file.h"

namespace {

using tests::CliResult;
using tests::runCli;

constexpr int kRateHz = 16000;

std::vector<float> clip(const char* number)
{
    return tests::readWave(std::filesystem::path(TEST_DATA_DIR) / "golden/multimodal/clips" /
                           (std::string(number) + ".wav"));
}

// FLAC if it is called so, WAV otherwise.
void writeSound(const QString& path, const std::vector<float>& samples)
{
    SF_INFO info{};
    info.samplerate = kRateHz;
    info.channels = 1;
    const int container = path.endsWith(".flac") ? SF_FORMAT_FLAC : SF_FORMAT_WAV;
    info.format = container | SF_FORMAT_PCM_16;
    SNDFILE* file = sf_open(QFile::encodeName(path).constData(), SFM_WRITE, &info);
    if (file == nullptr)
        qFatal("%s", sf_strerror(nullptr));
    sf_writef_float(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    sf_close(file);
}

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("no such file");
}

// Writing down what is said, at the terminal.
class TranscribeTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void speechBecomesLines();
    void subtitlesHaveTimes();
    void filesTakeTheirFormatFromTheirName();
    void ctrlCKeepsWhatWasWritten();
    void damagedFilesAreWrittenDownToTheirEnd();
    void badFilesAreBadInput_data();
    void badFilesAreBadInput();
    void soundsLongerThanAClipAreHeardWhole();

private:
    QTemporaryDir m_folder;
    QString m_talk;  // two phrases with a second and a half between them
};

void TranscribeTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    std::vector<float> samples = clip("026");
    samples.resize(samples.size() + kRateHz * 3 / 2);
    const std::vector<float> second = clip("012");
    samples.insert(samples.end(), second.begin(), second.end());
    m_talk = m_folder.filePath("talk.wav");
    writeSound(m_talk, samples);
}

void TranscribeTest::speechBecomesLines()
{
    const CliResult result = runCli({"transcribe", m_talk});
    QVERIFY2(result.exitCode == 0, result.errors);
    const QList<QByteArray> lines = result.output.trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0], QByteArray("small blue heart"));
}

void TranscribeTest::subtitlesHaveTimes()
{
    const CliResult result = runCli({"transcribe", m_talk, "--srt"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QVERIFY2(result.output.startsWith("1\n00:00:00,"), result.output);
    QVERIFY2(result.output.contains("\nsmall blue heart\n\n2\n00:00:03,"), result.output);
    QVERIFY(result.output.endsWith("\n\n"));
}

void TranscribeTest::filesTakeTheirFormatFromTheirName()
{
    const QString path = m_folder.filePath("talk.vtt");
    const CliResult result = runCli({"transcribe", m_talk, "--out", path});
    QVERIFY2(result.exitCode == 0, result.errors);
    QVERIFY(result.output.isEmpty());
    const QByteArray content = contentOf(path);
    QVERIFY2(content.startsWith("WEBVTT\n\n00:00:00."), content);
    QVERIFY2(content.contains("\nsmall blue heart\n\n00:00:03."), content);
    QVERIFY(!QFile::exists(path + ".partial"));
}

void TranscribeTest::ctrlCKeepsWhatWasWritten()
{
    std::vector<float> samples;
    for (int i = 0; i < 40; ++i) {
        const std::vector<float> phrase = clip("026");
        samples.insert(samples.end(), phrase.begin(), phrase.end());
        samples.resize(samples.size() + kRateHz);
    }
    const QString talk = m_folder.filePath("long.wav");
    const QString path = m_folder.filePath("long.txt");
    writeSound(talk, samples);
    QProcess process;
    tests::startCli(process, {"transcribe", talk, "--out", path});
    QTRY_VERIFY_WITH_TIMEOUT(contentOf(path + ".partial").startsWith("small blue heart\n"), 60'000);
    tests::interrupt(process);
    QVERIFY(process.waitForFinished(30'000));
    QVERIFY(contentOf(path).startsWith("small blue heart\n"));
    QVERIFY(contentOf(path).count('\n') < 40);
}

void TranscribeTest::damagedFilesAreWrittenDownToTheirEnd()
{
    std::vector<float> samples = clip("026");
    samples.resize(samples.size() + kRateHz * 2);
    const QString whole = m_folder.filePath("whole.flac");
    writeSound(whole, samples);
    const std::vector<float> second = clip("012");
    samples.insert(samples.end(), second.begin(), second.end());
    const QString path = m_folder.filePath("cut.flac");
    writeSound(path, samples);
    QVERIFY(QFile::resize(path, QFile(whole).size()));
    const CliResult result = runCli({"transcribe", path});
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray("small blue heart\n"));
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("cut.flac"), result.errors);
}

void TranscribeTest::badFilesAreBadInput_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("a letter") << QByteArray("Dear sound, how are you?\n");
}

void TranscribeTest::badFilesAreBadInput()
{
    QFETCH(const QByteArray, content);
    const QString path = m_folder.filePath("bad.wav");
    QVERIFY(tests::writeFile(path, content));
    const QString output = m_folder.filePath("bad.txt");
    const CliResult result = runCli({"transcribe", path, "--out", output});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("bad.wav"), result.errors);
    QVERIFY(!QFile::exists(output) && !QFile::exists(output + ".partial"));
}

void TranscribeTest::soundsLongerThanAClipAreHeardWhole()
{
    // A clip of this model is 7.7 s.
    std::vector<float> samples = clip("026");
    samples.resize(kRateHz * 10);
    const QString path = m_folder.filePath("ten-seconds.wav");
    writeSound(path, samples);
    const auto tokens = [](const QString& sound) {
        const auto json = runCli({"generate", "--temp", "0", "--max-tokens", "2", "--json",
                                  "--audio", sound, "What did I say?"})
                              .json();
        return json.is_object() ? json["prompt_tokens"].get<int>() : 0;
    };
    const int one = tokens(TEST_DATA_DIR "/golden/multimodal/clips/026.wav");
    QVERIFY(one > 48);
    const int further = tokens(path) - one;
    QVERIFY(further > 0);
    QCOMPARE(further % (48 + 3), 0);  // rows of each further clip, and its markup
}

}  // namespace

QTEST_GUILESS_MAIN(TranscribeTest)
#include "transcribe_test.moc"
