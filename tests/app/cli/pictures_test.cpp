#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli/cli_process.h"

namespace {

using tests::CliResult;
using tests::runCli;

const QString kPictures = TEST_DATA_DIR "/golden/multimodal/pictures/";
constexpr auto kText = RESOURCES_DIR "/models/nestling-demo-q8_0.gguf";
constexpr auto kEncoders = RESOURCES_DIR "/models/mmproj-nestling-demo-f16.gguf";
constexpr auto kSeven = "The picture shows the number 7 in blue.";

// Pictures at the terminal.
class PicturesTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void aPictureIsDescribed();
    void picturesStandWhereThePromptHasThem();
    void withoutPlacesPicturesStandFirst();
    void jsonCountsThePictures();
    void placesAndPicturesMustAgree_data();
    void placesAndPicturesMustAgree();
    void badPicturesAreBadInput_data();
    void badPicturesAreBadInput();
    void modelsWithoutEncoderSayWhatToAdd();
    void rawPromptsTakeNoPictures();
    void picturesThatDoNotFitAreBadInput();
    void chatShowsAPictureWithTheNextMessage();
    void chatSaysWhatIsWrongWithAPicture();
    void newChatForgetsThePicture();

private:
    QString bad(const QString& name) const { return m_folder.filePath(name); }

    QTemporaryDir m_folder;
};

void PicturesTest::initTestCase()
{
    if (const QString reason = tests::reasonToSkip(); !reason.isEmpty())
        QSKIP(qPrintable(reason));
    QVERIFY(tests::writeFile(bad("letter.png"), "Dear picture, how are you?\n"));
    QVERIFY(tests::writeFile(bad("empty.png"), {}));
    QFile picture(kPictures + "000.png");
    QVERIFY(picture.open(QIODevice::ReadOnly));
    QVERIFY(tests::writeFile(bad("half.png"), picture.readAll().first(picture.size() / 2)));
    QVERIFY(QFile::copy(kText, bad("alone.gguf")));
}

void PicturesTest::aPictureIsDescribed()
{
    const CliResult result =
        runCli({"generate", "--temp", "0", "--image", kPictures + "036.png", "What do you see?"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QCOMPARE(result.output, QByteArray(kSeven) + "\n");
    QCOMPARE(result.errors, QByteArray());
}

void PicturesTest::picturesStandWhereThePromptHasThem()
{
    const auto answer = [](const QString& prompt) {
        return runCli({"generate", "--temp", "0", "--json", prompt, "--image",
                       kPictures + "007.png", "--image", kPictures + "036.png"});
    };
    const CliResult between = answer("First: <image> second: <image> Describe the picture.");
    QVERIFY2(between.exitCode == 0, between.errors);
    // Two pictures of 36 rows, four markers, and the text: the ids of golden case 5 are as many.
    QCOMPARE(between.json().value("prompt_tokens", 0), 2 * 38 + 30);
}

void PicturesTest::withoutPlacesPicturesStandFirst()
{
    const auto ask = [](const QString& prompt) {
        return runCli({"generate", "--temp", "0", prompt, "--image", kPictures + "036.png"}).output;
    };
    QCOMPARE(ask("What do you see?"), ask("<image>What do you see?"));
}

void PicturesTest::jsonCountsThePictures()
{
    const CliResult result = runCli({"generate", "--json", "--max-tokens", "1", "--image",
                                     kPictures + "036.png", "What do you see?"});
    QVERIFY2(result.exitCode == 0, result.errors);
    QVERIFY(result.json()["timings"].value("encode_seconds", 0.0) > 0.0);
    QVERIFY(result.json().value("prompt_tokens", 0) > 38);
}

void PicturesTest::placesAndPicturesMustAgree_data()
{
    QTest::addColumn<QString>("prompt");
    QTest::addColumn<int>("pictures");
    QTest::newRow("one place too few") << "<image> and?" << 2;
    QTest::newRow("one place too many") << "<image> and <image>?" << 1;
}

void PicturesTest::placesAndPicturesMustAgree()
{
    QFETCH(const QString, prompt);
    QFETCH(const int, pictures);
    QStringList arguments{"generate", prompt};
    for (int i = 0; i < pictures; ++i)
        arguments << "--image" << kPictures + "036.png";
    const CliResult result = runCli(arguments);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("<image>"), result.errors);
}

void PicturesTest::badPicturesAreBadInput_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : {"absent.png", "letter.png", "empty.png", "half.png", "alone.gguf", ""})
        QTest::newRow(name) << QString(name);
}

void PicturesTest::badPicturesAreBadInput()
{
    QFETCH(const QString, name);
    const CliResult result = runCli({"generate", "What is it?", "--image", bad(name)});
    QCOMPARE(result.exitCode, 2);
    QCOMPARE(result.output, QByteArray());
    // libpng itself may have said something before.
    const QByteArray sentence = result.errors.trimmed().split('\n').last();
    QVERIFY2(sentence.startsWith("nestling-cli: ") && sentence.endsWith('.'), result.errors);
    QVERIFY2(sentence.contains(name.toUtf8()), result.errors);
}

void PicturesTest::modelsWithoutEncoderSayWhatToAdd()
{
    const QStringList ask{
        "generate", "--temp",         "0", "--image", kPictures + "036.png", "What do you see?",
        "--model",  bad("alone.gguf")};
    const CliResult result = runCli(ask);
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("mmproj"), result.errors);
    QCOMPARE(runCli(ask + QStringList{"--mmproj", kEncoders}).output, QByteArray(kSeven) + "\n");
}

void PicturesTest::rawPromptsTakeNoPictures()
{
    QCOMPARE(runCli({"generate", "--raw", "hi", "--image", kPictures + "036.png"}).exitCode, 1);
}

void PicturesTest::picturesThatDoNotFitAreBadInput()
{
    const CliResult result = runCli(
        {"generate", "--context", "40", "What do you see?", "--image", kPictures + "036.png"});
    QCOMPARE(result.exitCode, 2);
    QVERIFY2(result.isOneSentence(), result.errors);
    QVERIFY2(result.errors.contains("38 of them for a picture"), result.errors);
}

void PicturesTest::chatShowsAPictureWithTheNextMessage()
{
    // As a terminal writes the name of a file that is dropped on it.
    const QByteArray command = "/image '" + (kPictures + "036.png").toUtf8() + "' \n";
    const CliResult result =
        runCli({"chat"}, "/stats\n" + command + "What do you see?\n/stats\nhello\n/stats\n");
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.output.contains("The next message shows 1 picture.\n"), result.output);
    const QList<QByteArray> lines = result.output.split('\n');
    QList<int> used;
    for (const QByteArray& line : lines) {
        if (line.contains("tokens used"))
            used.append(line.split(' ').first().toInt());
    }
    QCOMPARE(used.size(), 3);
    QVERIFY(used[1] > 38);
    QVERIFY(used[2] > used[1] && used[2] < used[1] + 38);
}

void PicturesTest::chatSaysWhatIsWrongWithAPicture()
{
    const CliResult result = runCli({"chat"}, "/image " + bad("letter.png").toUtf8() +
                                                  "\n/image\n/stats\nhello\n/stats\n");
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.errors.count('\n'), 2);
    QVERIFY2(result.errors.contains("letter.png"), result.errors);
    QCOMPARE(result.output.count("tokens used"), 2);
}

void PicturesTest::newChatForgetsThePicture()
{
    const CliResult result =
        runCli({"chat"}, "/image " + (kPictures + "036.png").toUtf8() + "\n/new\nhello\n/stats\n");
    QCOMPARE(result.exitCode, 0);
    const qsizetype stats = result.output.indexOf(" of 4096 tokens used");
    QVERIFY2(stats > 0, result.output);
    const QByteArray before = result.output.first(stats);
    QVERIFY(before.mid(before.lastIndexOf('\n') + 1).toInt() < 60);
}

}  // namespace

QTEST_GUILESS_MAIN(PicturesTest)
#include "pictures_test.moc"
