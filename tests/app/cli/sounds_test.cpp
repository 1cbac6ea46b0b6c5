#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

const QString kClips = TEST_DATA_DIR "/golden/multimodal/clips/";
const QString kPictures = TEST_DATA_DIR "/golden/multimodal/pictures/";

// Sounds at the terminal.
class SoundsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void aSoundIsWrittenDown();
    void soundsAndPicturesStandWhereThePromptHasThem();
    void placesAndSoundsMustAgree();
    void badSoundsAreBadInput();
    void modelsWithoutEncoderSayWhatToAdd();
    void rawPromptsTakeNoSounds();
};

void SoundsTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
}

void SoundsTest::aSoundIsWrittenDown()
{
    const CliResult result = runCli(
        {"generate", "--temp", "0", "--audio", kClips + "026.wav", "Transcribe this audio."});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(result.output, QByteArray("small blue heart\n"));
}

void SoundsTest::soundsAndPicturesStandWhereThePromptHasThem()
{
    const auto answer = [](const char* prompt) {
        return runCli({"generate", "--temp", "0", "--json", "--image", kPictures + "000.png",
                       "--audio", kClips + "012.wav", prompt})
            .json();
    };
    const auto soundLast = answer("<image>What do you see?<audio>");
    const auto soundFirst = answer("<audio>What do you see?<image>");
    const auto nowhere = answer("What do you see?");
    const auto first = answer("<image><audio>What do you see?");
    QVERIFY(soundLast.is_object() && soundFirst.is_object());
    // 36 rows of a picture, 48 of a sound, and their markup.
    QVERIFY(soundLast["prompt_tokens"].get<int>() > 36 + 48);
    QVERIFY(nowhere["text"] == first["text"]);
    QVERIFY(nowhere["prompt_tokens"] == first["prompt_tokens"]);
}

void SoundsTest::placesAndSoundsMustAgree()
{
    const CliResult result =
        runCli({"generate", "--audio", kClips + "012.wav", "<audio> and <audio>?"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("2 places for <audio>"), result.errors);
}

void SoundsTest::badSoundsAreBadInput()
{
    const QTemporaryDir folder;
    const QString sound = folder.filePath("letter.wav");
    QVERIFY(tests::writeFile(sound, "Dear sound, how are you?\n"));
    const CliResult result = runCli({"generate", "--audio", sound, "What is said?"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("letter.wav"), result.errors);
}

void SoundsTest::modelsWithoutEncoderSayWhatToAdd()
{
    const QTemporaryDir folder;
    const QString model = folder.filePath("alone.gguf");
    QVERIFY(QFile::copy(RESOURCES_DIR "/models/nestling-demo-q8_0.gguf", model));
    const CliResult result =
        runCli({"generate", "--model", model, "--audio", kClips + "012.wav", "What is said?"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("mmproj"), result.errors);
}

void SoundsTest::rawPromptsTakeNoSounds()
{
    const CliResult result =
        runCli({"generate", "--raw", "--audio", kClips + "012.wav", "What is said?"});
    QCOMPARE(result.exitCode, 1);
}

}  // namespace

QTEST_GUILESS_MAIN(SoundsTest)
#include "sounds_test.moc"
