#include "app/image_file.h"

#include <QBuffer>
#include <QColorSpace>
#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QImageReader>
#include <QLocale>
#include <QTransform>

#include "app/picture_bytes.h"

namespace app {

namespace {

// For 16 bits in each of four channels of kMostPixels.
constexpr int kMostMegabytes = 800;

QString tr(const char* text)
{
    return QCoreApplication::translate("app::ImageFile", text);
}

engine::Error problem(const char* text, const QString& name)
{
    return {engine::ErrorCode::InvalidInput, tr(text).arg(name).toStdString()};
}

QString nameOf(const QString& path)
{
    const QString name = QFileInfo(path).fileName();
    return name.isEmpty() ? path : name;
}

engine::Result<void> checkSize(QSize size, const QString& name)
{
    if (size.isEmpty())
        return problem("%1 has no pixels. Choose another picture.", name);
    if (size.width() <= kLongestSide && size.height() <= kLongestSide &&
        qint64{size.width()} * size.height() <= kMostPixels)
        return {};
    const QLocale locale;
    return engine::Error{engine::ErrorCode::InvalidInput,
                         tr("%1 is too large with %2 × %3 pixels: at most %4 million can be read. "
                            "Save it smaller, and try again.")
                             .arg(name, locale.toString(size.width()),
                                  locale.toString(size.height()),
                                  locale.toString(kMostPixels / 1'000'000))
                             .toStdString()};
}

QImage turned(const QImage& image, QImageIOHandler::Transformations how)
{
    QImage result = image;
    if (how & QImageIOHandler::TransformationMirror || how & QImageIOHandler::TransformationFlip)
        result = result.mirrored(how & QImageIOHandler::TransformationMirror,
                                 how & QImageIOHandler::TransformationFlip);
    if (how & QImageIOHandler::TransformationRotate90)
        result = result.transformed(QTransform().rotate(90));
    return result;
}

// Rounded to the nearest, channel by channel.
void layOverWhite(QImage& image)
{
    for (int y = 0; y < image.height(); ++y) {
        auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            const int alpha = qAlpha(row[x]);
            const auto blend = [alpha](int color) {
                return (color * alpha + 255 * (255 - alpha) + 127) / 255;
            };
            row[x] = qRgb(blend(qRed(row[x])), blend(qGreen(row[x])), blend(qBlue(row[x])));
        }
    }
}

// Deep channels stay deep until the colours are right.
QImage normalized(QImage image)
{
    const bool isDeep = image.depth() > 32 || image.format() == QImage::Format_Grayscale16;
    const bool isOpaque = !image.hasAlphaChannel();
    if (isDeep)
        image.convertTo(isOpaque ? QImage::Format_RGBX64 : QImage::Format_RGBA64);
    else
        image.convertTo(isOpaque ? QImage::Format_RGB32 : QImage::Format_ARGB32);
    if (image.colorSpace().isValid() && image.colorSpace() != QColorSpace(QColorSpace::SRgb))
        image.convertToColorSpace(QColorSpace::SRgb);
    if (!isOpaque) {
        image.convertTo(QImage::Format_ARGB32);
        layOverWhite(image);
    }
    image.convertTo(QImage::Format_RGB32);
    image.setColorSpace(QColorSpace::SRgb);
    return image;
}

engine::Result<void> checkFormat(PictureFormat format, const QString& name)
{
    if (format == PictureFormat::Heif)
        return problem("%1 is a HEIF, AVIF or video file, which Nestling cannot read. Save the "
                       "picture as PNG or JPEG, and try again.",
                       name);
    if (format == PictureFormat::Svg)
        return problem(
            "%1 is a drawing, which Nestling cannot read. Save it as PNG, and try again.", name);
    const QByteArray reader = readerNameOf(format);
    if (reader.isEmpty())
        return problem("%1 is not a picture. Nestling reads PNG, JPEG, WebP, GIF, TIFF and BMP.",
                       name);
    if (!QImageReader::supportedImageFormats().contains(reader))
        return problem("%1 cannot be read without Qt's other image formats. Install the package "
                       "qt6-image-formats-plugins, or save the picture as PNG.",
                       name);
    return {};
}

}  // namespace

engine::Result<QByteArray> readPictureBytes(const QString& path)
{
    const QFileInfo info(path);
    const QString name = nameOf(path);
    if (info.isDir())
        return problem("%1 is a folder. Choose a picture in it.", name);
    if (!info.exists())
        return problem("%1 does not exist. Choose another picture.", name);
    if (!info.isFile())  // a pipe or a device may never end
        return problem("%1 is not an ordinary file. Choose a picture.", name);
    if (info.size() == 0)
        return problem("%1 is empty. Choose another picture.", name);
    if (info.size() > kMostFileBytes)
        return problem("%1 is too large a file for a picture. Save it smaller, and try again.",
                       name);
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return problem("%1 cannot be opened. Allow yourself to read it, or choose another.", name);
    QByteArray bytes = file.read(kMostFileBytes);
    if (file.error() != QFileDevice::NoError)
        return problem("%1 cannot be read to its end. Copy it again, or choose another.", name);
    return bytes;
}

engine::Result<QImage> readImageFile(const QString& path)
{
    ENGINE_TRY(const QByteArray bytes, readPictureBytes(path));
    return decodeImage(bytes, nameOf(path));
}

engine::Result<QImage> decodeImage(const QByteArray& bytes, const QString& name)
{
    static const bool limited = [] {
        QImageReader::setAllocationLimit(kMostMegabytes);
        return true;
    }();
    Q_UNUSED(limited)
    if (bytes.isEmpty())
        return problem("%1 is empty. Choose another picture.", name);
    const PictureFormat format = formatOf(bytes);
    ENGINE_TRY_VOID(checkFormat(format, name));

    QBuffer buffer;
    buffer.setData(bytes);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer, readerNameOf(format));
    reader.setAutoTransform(true);
    for (const QSize size : {declaredSize(bytes, format), reader.size()}) {
        if (size.isValid())
            ENGINE_TRY_VOID(checkSize(size, name));
    }
    if (isCutOff(bytes, format))
        return problem("%1 is cut off: its end is missing. Copy or download it again.", name);
    QImage image = reader.read();
    if (image.isNull())
        return problem("%1 is damaged or cut off. Copy or download it again.", name);
    if (format == PictureFormat::Png && isNearlySrgbPng(bytes))
        image.setColorSpace(QColorSpace::SRgb);
    return normalizedImage(turned(image, exifTransformation(bytes, format)), name);
}

engine::Result<QImage> normalizedImage(const QImage& image, const QString& name)
{
    ENGINE_TRY_VOID(checkSize(image.size(), name));
    QImage result = normalized(image);
    if (result.isNull())
        return problem("There is no memory for %1. Save it smaller, and try again.", name);
    return result;
}

}  // namespace app
