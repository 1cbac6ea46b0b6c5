#include "app/image_file.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "tests/support/qt/picture_files.h"

using app::decodeImage;
using namespace tests;

namespace {

QString decodingProblem(const QByteArray& bytes)
{
    const auto image = decodeImage(bytes, "x.png");
    return image ? QString() : QString::fromStdString(image.error().message);
}

// The largest amount of memory that this process has had, in bytes.
qint64 peakMemory()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmHWM:") {
            qint64 kilobytes = 0;
            status >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

}  // namespace

// What is no picture, no whole picture, or too much of one.
class ImageFileRefusalsTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsNoPictureIsSaid_data();
    void whatIsNoPictureIsSaid();
    void cutOffFilesAreRefused_data();
    void cutOffFilesAreRefused();
    void hugePicturesAreRefusedBeforeAnyMemory_data();
    void hugePicturesAreRefusedBeforeAnyMemory();
    void longAndThinIsRefused();
    void damagedBytesNeverCrash();
    void filesAreNamedInTheSentences();
    void foldersAndOtherThingsAreRefused();
    void unreadableFilesAreRefused();
};

void ImageFileRefusalsTest::whatIsNoPictureIsSaid_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");

    QTest::newRow("empty") << QByteArray() << "is empty";
    QTest::newRow("text") << QByteArray("not a picture at all") << "is not a picture";
    QTest::newRow("zeros") << QByteArray(100, '\0') << "is not a picture";
    QTest::newRow("HEIC") << QByteArray("\0\0\0\x18"
                                        "ftypheic\0\0\0\0",
                                        16)
                          << "HEIF";
    QTest::newRow("SVG") << QByteArray("<svg xmlns='http://www.w3.org/2000/svg'/>") << "drawing";
    QTest::newRow("no width") << pngHeader(0, 5) << "no pixels";
    QTest::newRow("no rows in a bitmap")
        << encoded(halves(Qt::red, Qt::blue), "BMP").replace(22, 4, QByteArray(4, '\0'))
        << "no pixels";
    QTest::newRow("only a signature") << QByteArray("\x89PNG\r\n\x1A\n") << "damaged or cut off";
}

void ImageFileRefusalsTest::whatIsNoPictureIsSaid()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, words);
    const QString problem = decodingProblem(bytes);
    QVERIFY2(problem.contains(words), qPrintable(problem));
    QVERIFY2(problem.startsWith("x.png ") && problem.endsWith('.'), qPrintable(problem));
}

void ImageFileRefusalsTest::cutOffFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");

    QImage image(100, 100, QImage::Format_RGB32);
    for (int y = 0; y < 100; ++y) {
        for (int x = 0; x < 100; ++x)
            image.setPixelColor(x, y, QColor(x, y, (x * y) % 256));
    }
    for (const char* format : {"PNG", "JPEG", "BMP", "PPM", "WEBP", "TIFF"})
        QTest::newRow(format) << encoded(image, format);
    // Its first picture is cut.
    QTest::newRow("GIF") << pictureFile("animated.gif").left(60);
}

void ImageFileRefusalsTest::cutOffFilesAreRefused()
{
    QFETCH(const QByteArray, bytes);
    QVERIFY(bytes.size() >= 60);
    for (const qsizetype size : {bytes.size() / 3, bytes.size() * 3 / 4, bytes.size() - 20}) {
        const QString problem = decodingProblem(bytes.left(size));
        QVERIFY2(problem.contains("cut off"), qPrintable(problem));
    }
}

void ImageFileRefusalsTest::hugePicturesAreRefusedBeforeAnyMemory_data()
{
    QTest::addColumn<QByteArray>("bytes");

    QTest::newRow("PNG") << pngHeader(30'000, 30'000);
    QTest::newRow("BMP") << encoded(halves(Qt::red, Qt::blue), "BMP")
                                .replace(18, 8, QByteArray("\x30\x75\0\0\x30\x75\0\0", 8));
    QTest::newRow("GIF") << QByteArray("GIF89a\x30\x75\x30\x75\0\0\0,\0\0\0\0\x30\x75\x30\x75\0",
                                       23);
    QTest::newRow("PPM") << QByteArray("P6\n30000 30000\n255\n");
    QByteArray jpeg = encoded(halves(Qt::red, Qt::blue), "JPEG");
    jpeg.replace(jpeg.indexOf("\xFF\xC0") + 5, 4, "\x75\x30\x75\x30");
    QTest::newRow("JPEG") << jpeg;
    // Half a megabyte of blanks that would become 900.
    QImage bomb(20'000, 20'000, QImage::Format_Mono);
    bomb.fill(0);
    QTest::newRow("a whole one") << encoded(bomb);
}

void ImageFileRefusalsTest::hugePicturesAreRefusedBeforeAnyMemory()
{
    QFETCH(const QByteArray, bytes);
    QVERIFY(bytes.size() < 1'000'000);
    const qint64 before = peakMemory();
    const QString problem = decodingProblem(bytes);
    QVERIFY2(problem.contains("too large") && problem.contains("000 × "), qPrintable(problem));
    QVERIFY(peakMemory() - before < 10'000'000);
}

void ImageFileRefusalsTest::longAndThinIsRefused()
{
    const QString problem = decodingProblem(pngHeader(1, 40'000));
    QVERIFY2(problem.contains("too large"), qPrintable(problem));
}

void ImageFileRefusalsTest::damagedBytesNeverCrash()
{
    const QImage image = halves(Qt::red, Qt::blue);
    const QList<QByteArray> originals{withOrientation(image, Container::Jpeg, 6),
                                      withOrientation(image, Container::Png, 6),
                                      withOrientation(image, Container::WebP, 6),
                                      encoded(image, "BMP"),
                                      encoded(image, "TIFF"),
                                      pictureFile("animated.gif"),
                                      pictureFile("animated.webp")};
    quint32 state = 1;
    const auto random = [&state](qsizetype below) {
        state = state * 1'664'525U + 1'013'904'223U;
        return static_cast<qsizetype>(state >> 8) % below;
    };
    for (const QByteArray& original : originals) {
        for (int i = 0; i < 60; ++i) {
            QByteArray bytes = original;
            for (int k = 0; k < 3; ++k)
                bytes[random(bytes.size())] = static_cast<char>(random(256));
            if (const auto result = decodeImage(bytes, "x"))
                QVERIFY(!result->isNull());
            else
                QVERIFY(!result.error().message.empty());
        }
    }
}

void ImageFileRefusalsTest::filesAreNamedInTheSentences()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath("Nest & Ei.txt");
    QFile text(path);
    QVERIFY(text.open(QIODevice::WriteOnly) && text.write("hello") == 5);
    text.close();
    const auto image = app::readImageFile(path);
    QVERIFY(!image);
    QCOMPARE(image.error().code, engine::ErrorCode::InvalidInput);
    QVERIFY(image.error().message.starts_with("Nest & Ei.txt is not a picture"));
    QVERIFY(QFile::resize(path, 0));
    QVERIFY(app::readImageFile(path).error().message.find("is empty") != std::string::npos);

    // Named as another kind, it is what it is.
    QVERIFY(halves(Qt::red, Qt::blue).save(folder.filePath("png.jpg"), "PNG"));
    QVERIFY(app::readImageFile(folder.filePath("png.jpg")));
}

void ImageFileRefusalsTest::foldersAndOtherThingsAreRefused()
{
    const QTemporaryDir folder;
    const auto sentence = [](const QString& path) {
        const auto image = app::readImageFile(path);
        return image ? QString() : QString::fromStdString(image.error().message);
    };
    QVERIFY(sentence(folder.path()).contains("is a folder"));
    QVERIFY(sentence(folder.path() + "/").contains("is a folder"));
    QVERIFY(sentence(folder.filePath("missing.png")).contains("does not exist"));
    QVERIFY(sentence("/dev/zero").contains("not an ordinary file"));
}

void ImageFileRefusalsTest::unreadableFilesAreRefused()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath("secret.png");
    QVERIFY(halves(Qt::red, Qt::blue).save(path));
    QVERIFY(QFile::setPermissions(path, {}));
    if (QFile(path).open(QIODevice::ReadOnly))
        QSKIP("this user may read everything");
    const auto image = app::readImageFile(path);
    QVERIFY(!image && image.error().message.find("cannot be opened") != std::string::npos);
}

QTEST_GUILESS_MAIN(ImageFileRefusalsTest)
#include "image_file_refusals_test.moc"
