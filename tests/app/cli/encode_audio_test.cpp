#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_audio.h"
#include "tests/support/safetensors_reader.h"

namespace {

using tests::CliResult;
using tests::runCli;

const QString kSet = QStringLiteral(TEST_DATA_DIR "/golden/audio/small");

class EncodeAudioTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void goldenRowsAreWritten();
    void piecesGiveTheSameRows_data();
    void piecesGiveTheSameRows();
    void filesOfEncodersAreEnough();
    void badSoundIsBadInput_data();
    void badSoundIsBadInput();
    void soundThatIsTooLongIsBadInput();
    void modelsThatHearNothingAreBadInput();

private:
    CliResult encode(const QString& sound, const QStringList& more = {});
    std::vector<float> written() const;

    QTemporaryDir m_folder;
    QString m_output = m_folder.filePath("out.safetensors");
    QString m_model = m_folder.filePath("model");
    tests::GoldenAudio m_set;
};

void EncodeAudioTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    auto set = tests::readGoldenAudio(kSet.toStdString());
    QVERIFY2(set, set ? "" : set.error().message.c_str());
    m_set = *std::move(set);
    QVERIFY(tests::writeEncoderFolder(m_set, m_model.toStdString()));
}

CliResult EncodeAudioTest::encode(const QString& sound, const QStringList& more)
{
    QFile::remove(m_output);
    return runCli(QStringList{"encode-audio", sound, "--model", m_model, "--out", m_output} + more);
}

std::vector<float> EncodeAudioTest::written() const
{
    const auto file = tests::SafetensorsReader::open(m_output.toStdString());
    return file ? file->floats("soft_tokens") : std::vector<float>();
}

void EncodeAudioTest::goldenRowsAreWritten()
{
    for (const auto& expected : m_set.cases) {
        const CliResult result = encode(kSet + "/" + QString::fromStdString(expected.clip));
        QVERIFY2(result.exitCode == 0, result.errors);
        const auto file = tests::SafetensorsReader::open(m_output.toStdString());
        QVERIFY(file);
        QCOMPARE(file->tensors().at("soft_tokens").shape,
                 (std::vector<std::size_t>{expected.rows, m_set.textHidden}));
        QVERIFY(tests::relativeError(written(), expected.softTokens) <= 2e-4);
    }
}

void EncodeAudioTest::piecesGiveTheSameRows_data()
{
    QTest::addColumn<QString>("milliseconds");
    for (const char* milliseconds : {"1", "20", "333", "5000"})
        QTest::newRow(milliseconds) << milliseconds;
}

void EncodeAudioTest::piecesGiveTheSameRows()
{
    QFETCH(const QString, milliseconds);
    const QString sound = kSet + "/speech1.wav";
    QCOMPARE(encode(sound).exitCode, 0);
    const auto whole = written();
    QCOMPARE(encode(sound, {"--push-ms", milliseconds}).exitCode, 0);
    QVERIFY(tests::relativeError(written(), whole) <= 1e-5);
}

// The two forms of one model: its folder, and the file of its encoders.
void EncodeAudioTest::filesOfEncodersAreEnough()
{
    const QString models = QStringLiteral(RESOURCES_DIR "/models");
    const QStringList names = QDir(models).entryList({"*mmproj*.gguf"});
    QVERIFY(!names.isEmpty());
    const CliResult result = runCli({"encode-audio", kSet + "/speech0.wav", "--model",
                                     models + "/" + names.front(), "--out", m_output});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(written().size(), m_set.cases.front().rows * 256);
}

void EncodeAudioTest::badSoundIsBadInput_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("text") << QByteArray("no sound");
}

void EncodeAudioTest::badSoundIsBadInput()
{
    QFETCH(const QByteArray, content);
    const QString sound = m_folder.filePath("bad.wav");
    QVERIFY(tests::writeFile(sound, content));
    const CliResult result = encode(sound);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("bad.wav"), result.errors);
    QVERIFY(!QFile::exists(m_output));
}

void EncodeAudioTest::soundThatIsTooLongIsBadInput()
{
    QFile speech(kSet + "/speech0.wav");
    QVERIFY(speech.open(QIODevice::ReadOnly));
    // A minute of silence after the header, whose length nobody believes.
    QByteArray bytes = speech.read(44);
    bytes.replace(40, 4, "\xFF\xFF\xFF\x7F", 4);
    bytes.append(QByteArray(60 * 32000, '\0'));
    const QString sound = m_folder.filePath("long.wav");
    QVERIFY(tests::writeFile(sound, bytes));
    const CliResult result = encode(sound);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("30.1 s"), result.errors);
}

void EncodeAudioTest::modelsThatHearNothingAreBadInput()
{
    const QString config = m_model + "/config.json";
    QFile file(config);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray saved = file.readAll();
    QVERIFY(tests::writeFile(config, "{\"model_type\": \"gemma3n\"}"));
    const CliResult result = encode(kSet + "/speech0.wav");
    QVERIFY(tests::writeFile(config, saved));
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("audio_config"), result.errors);
}

}  // namespace

QTEST_GUILESS_MAIN(EncodeAudioTest)
#include "encode_audio_test.moc"
