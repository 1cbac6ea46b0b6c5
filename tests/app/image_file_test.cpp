#include "app/image_file.h"

#include <QColorSpace>
#include <QPainter>
#include <QTemporaryDir>
#include <QTest>

#include "app/picture_file.h"
#include "tests/support/qt/picture_files.h"

using app::decodeImage;
using namespace tests;

namespace {

// JPEG and colour profiles move values a little.
bool isNear(QRgb pixel, const QColor& color, int slack)
{
    return std::abs(qRed(pixel) - color.red()) <= slack &&
           std::abs(qGreen(pixel) - color.green()) <= slack &&
           std::abs(qBlue(pixel) - color.blue()) <= slack;
}

}  // namespace

// Every kind of picture file that people have.
class ImageFileTest : public QObject {
    Q_OBJECT

private slots:
    void everyFormatGivesTheSamePicture_data();
    void everyFormatGivesTheSamePicture();
    void orientationIsObeyed_data();
    void orientationIsObeyed();
    void alphaLiesOverWhite();
    void deepAndGreyPicturesKeepTheirColours_data();
    void deepAndGreyPicturesKeepTheirColours();
    void paletteMayBeTransparent();
    void colourProfilesBecomeSrgb();
    void greyProfilesStayGrey();
    void nearlySrgbGammaChangesNothing();
    void otherGammasAreObeyed();
    void copiedPicturesAreNormalized();
    void enginePicturesHaveNoPadding();
};

void ImageFileTest::everyFormatGivesTheSamePicture_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("slack");

    const QImage image = halves(Qt::red, Qt::blue);
    QTest::newRow("PNG") << encoded(image) << 0;
    QTest::newRow("JPEG") << encoded(image, "JPEG") << 3;
    QTest::newRow("BMP") << encoded(image, "BMP") << 0;
    QTest::newRow("PPM") << encoded(image, "PPM") << 0;
    QTest::newRow("WebP") << encoded(image, "WEBP") << 3;
    QTest::newRow("TIFF") << encoded(image, "TIFF") << 0;
    QTest::newRow("palette") << encoded(image.convertToFormat(QImage::Format_Indexed8)) << 0;
    QTest::newRow("CMYK JPEG") << pictureFile("cmyk.jpg") << 3;
    QTest::newRow("CMYK TIFF") << pictureFile("cmyk.tif") << 0;
    QTest::newRow("JPEG with something after its end")
        << encoded(image, "JPEG") + QByteArray(5000, 'x') << 3;
}

void ImageFileTest::everyFormatGivesTheSamePicture()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, slack);
    const auto image = decodeImage(bytes, "x");
    QVERIFY2(image, image ? "" : image.error().message.c_str());
    QCOMPARE(image->format(), QImage::Format_RGB32);
    QVERIFY(isNear(image->pixel(0, 0), Qt::red, slack));
    QVERIFY(isNear(image->pixel(image->width() - 1, image->height() - 1), Qt::blue, slack));
}

void ImageFileTest::orientationIsObeyed_data()
{
    QTest::addColumn<int>("container");
    QTest::addColumn<int>("orientation");
    QTest::addColumn<QString>("corners");  // of the upright picture, clockwise from the upper left

    // The file's own corners are r(ed), g(reen), b(lue) and w(hite).
    const QStringList upright{"rgbw", "grwb", "bwrg", "wbgr", "rwbg", "wrgb", "bgrw", "gbwr"};
    for (const auto container : {Container::Jpeg, Container::Png, Container::WebP}) {
        for (int i = 1; i <= 8; ++i)
            QTest::addRow("%d, %d", static_cast<int>(container), i)
                << static_cast<int>(container) << i << upright[i - 1];
    }
}

void ImageFileTest::orientationIsObeyed()
{
    QFETCH(const int, container);
    QFETCH(const int, orientation);
    QFETCH(const QString, corners);
    QImage stored(64, 32, QImage::Format_RGB32);
    stored.fill(Qt::white);
    QPainter painter(&stored);
    painter.fillRect(0, 0, 32, 16, Qt::red);
    painter.fillRect(32, 0, 32, 16, Qt::green);
    painter.fillRect(32, 16, 32, 16, Qt::blue);
    painter.end();

    const auto image = decodeImage(
        withOrientation(stored, static_cast<Container>(container), static_cast<char>(orientation)),
        "x");
    QVERIFY2(image, image ? "" : image.error().message.c_str());
    QCOMPARE(image->size(), orientation < 5 ? QSize(64, 32) : QSize(32, 64));
    const int right = image->width() - 4;
    const int bottom = image->height() - 4;
    QString found;
    for (const QPoint corner :
         {QPoint(3, 3), QPoint(right, 3), QPoint(right, bottom), QPoint(3, bottom)}) {
        const QRgb pixel = image->pixel(corner);
        found += isNear(pixel, Qt::red, 16)     ? 'r'
                 : isNear(pixel, Qt::green, 16) ? 'g'
                 : isNear(pixel, Qt::blue, 16)  ? 'b'
                                                : 'w';
    }
    QCOMPARE(found, corners);
}

void ImageFileTest::alphaLiesOverWhite()
{
    const auto image =
        decodeImage(encoded(halves(QColor(0, 0, 0, 0), QColor(200, 100, 0, 128))), "x");
    QVERIFY(image);
    QCOMPARE(image->pixelColor(0, 0), QColor(Qt::white));
    // 255 - (255 - c) · 128 / 255, rounded
    QCOMPARE(image->pixelColor(15, 0), QColor(227, 177, 127));
    QVERIFY(!image->hasAlphaChannel());
}

void ImageFileTest::deepAndGreyPicturesKeepTheirColours_data()
{
    QTest::addColumn<int>("format");
    QTest::addColumn<QColor>("color");

    QTest::newRow("16 bits") << int(QImage::Format_RGBX64) << QColor(10, 100, 200);
    QTest::newRow("16 bits and alpha") << int(QImage::Format_RGBA64) << QColor(10, 100, 200);
    QTest::newRow("grey") << int(QImage::Format_Grayscale8) << QColor(100, 100, 100);
    QTest::newRow("grey of 16 bits") << int(QImage::Format_Grayscale16) << QColor(100, 100, 100);
    QTest::newRow("black and white") << int(QImage::Format_Mono) << QColor(Qt::white);
}

void ImageFileTest::deepAndGreyPicturesKeepTheirColours()
{
    QFETCH(const int, format);
    QFETCH(const QColor, color);
    const QImage stored =
        halves(Qt::black, color).convertToFormat(static_cast<QImage::Format>(format));
    for (const char* container : {"PNG", "TIFF"}) {
        const auto image = decodeImage(encoded(stored, container), "x");
        QVERIFY2(image, container);
        QVERIFY2(isNear(image->pixel(0, 0), Qt::black, 0), container);
        QVERIFY2(isNear(image->pixel(15, 0), color, 0), container);
    }
}

void ImageFileTest::paletteMayBeTransparent()
{
    QImage stored(4, 4, QImage::Format_Indexed8);
    stored.setColorTable({qRgba(0, 0, 0, 0), qRgba(255, 0, 0, 255)});
    stored.fill(0);
    stored.setPixel(3, 3, 1);
    const auto image = decodeImage(encoded(stored), "x");
    QVERIFY(image);
    QCOMPARE(image->pixelColor(0, 0), QColor(Qt::white));
    QCOMPARE(image->pixelColor(3, 3), QColor(Qt::red));
}

void ImageFileTest::colourProfilesBecomeSrgb()
{
    const QImage srgb = halves(QColor(200, 60, 60), QColor(60, 120, 200));
    for (const auto space : {QColorSpace::AdobeRgb, QColorSpace::DisplayP3}) {
        QImage stored = srgb.convertToFormat(QImage::Format_RGB32);
        stored.setColorSpace(QColorSpace::SRgb);
        stored.convertToColorSpace(QColorSpace(space));
        QVERIFY(!isNear(stored.pixel(0, 0), QColor(200, 60, 60), 4));
        const auto image = decodeImage(encoded(stored), "x");
        QVERIFY(image);
        QVERIFY(isNear(image->pixel(0, 0), QColor(200, 60, 60), 2));  // rounded twice
        QVERIFY(isNear(image->pixel(15, 0), QColor(60, 120, 200), 2));
    }
}

void ImageFileTest::greyProfilesStayGrey()
{
    const auto image = decodeImage(pictureFile("grey-profile.jpg"), "x");
    QVERIFY(image);
    // 128 of gamma 2.2
    QVERIFY(isNear(image->pixel(8, 8), QColor(129, 129, 129), 1));
}

// What programs write into PNG files that are sRGB and nothing else.
void ImageFileTest::nearlySrgbGammaChangesNothing()
{
    QImage stored = halves(QColor(3, 7, 12), QColor(60, 120, 200));
    const QByteArray plain = encoded(stored);
    QByteArray colors;
    for (const quint32 value : {31270U, 32900U, 64000U, 33000U, 30000U, 60000U, 15000U, 6000U})
        colors += big32(value);
    const QByteArray bytes = QByteArray(plain).insert(
        kPngHeaderSize, pngChunk("gAMA", big32(45455)) + pngChunk("cHRM", colors));
    const auto image = decodeImage(bytes, "x");
    QVERIFY(image);
    QCOMPARE(image->pixelColor(0, 0), QColor(3, 7, 12));
    QCOMPARE(image->pixelColor(15, 0), QColor(60, 120, 200));
}

void ImageFileTest::otherGammasAreObeyed()
{
    const QImage stored = halves(QColor(55, 55, 55), QColor(255, 255, 255));
    const auto image =
        decodeImage(encoded(stored).insert(kPngHeaderSize, pngChunk("gAMA", big32(100000))), "x");
    QVERIFY(image);
    QVERIFY(isNear(image->pixel(0, 0), QColor(128, 128, 128), 2));  // linear 0.216
}

void ImageFileTest::copiedPicturesAreNormalized()
{
    const auto image = app::normalizedImage(halves(QColor(0, 0, 0, 0), Qt::blue), "the picture");
    QVERIFY(image);
    QCOMPARE(image->pixelColor(0, 0), QColor(Qt::white));
    QCOMPARE(image->format(), QImage::Format_RGB32);
    QVERIFY(!app::normalizedImage(QImage(), "the picture"));
}

void ImageFileTest::enginePicturesHaveNoPadding()
{
    const QTemporaryDir folder;
    QVERIFY(halves(Qt::red, Qt::blue, {3, 2}).save(folder.filePath("odd.png")));
    const auto image = app::readPicture(folder.filePath("odd.png").toStdString());
    QVERIFY(image);
    QCOMPARE(image->width, 3U);
    QCOMPARE(image->height, 2U);
    QCOMPARE(image->rgb, (std::vector<std::uint8_t>{255, 0, 0, 0, 0, 255, 0, 0, 255,  //
                                                    255, 0, 0, 0, 0, 255, 0, 0, 255}));
    QVERIFY(!app::readPicture(folder.filePath("none.png").toStdString()));
}

QTEST_GUILESS_MAIN(ImageFileTest)
#include "image_file_test.moc"
