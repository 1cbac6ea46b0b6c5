#include "tests/support/qt/picture_files.h"

#include <QBuffer>
#include <QColor>
#include <QFile>
#include <QtEndian>

namespace tests {

namespace {

quint32 crc32(const QByteArray& bytes)
{
    quint32 crc = ~quint32{0};
    for (const char byte : bytes) {
        crc ^= static_cast<quint8>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (crc & 1 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

// A TIFF directory with nothing in it but an orientation.
QByteArray exif(char orientation)
{
    return QByteArray("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) + orientation +
           QByteArray(6, '\0');
}

}  // namespace

QImage halves(const QColor& left, const QColor& right, QSize size)
{
    QImage image(size, QImage::Format_ARGB32);
    image.fill(right);
    for (int y = 0; y < size.height(); ++y) {
        for (int x = 0; x < size.width() / 2; ++x)
            image.setPixelColor(x, y, left);
    }
    return image;
}

QByteArray encoded(const QImage& image, const char* format)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, format, qstrcmp(format, "PNG") == 0 ? -1 : 100);
    return bytes;
}

QByteArray big32(quint32 number)
{
    QByteArray bytes(4, '\0');
    qToBigEndian(number, bytes.data());
    return bytes;
}

QByteArray pngChunk(const QByteArray& name, const QByteArray& data)
{
    return big32(static_cast<quint32>(data.size())) + name + data + big32(crc32(name + data));
}

QByteArray withOrientation(const QImage& image, Container container, char orientation)
{
    if (container == Container::Jpeg) {
        const QByteArray data = QByteArray("Exif\0\0", 6) + exif(orientation);
        QByteArray size(2, '\0');
        qToBigEndian(static_cast<quint16>(data.size() + 2), size.data());
        return encoded(image, "JPEG").insert(2, "\xFF\xE1" + size + data);
    }
    if (container == Container::Png)
        return encoded(image).insert(kPngHeaderSize, pngChunk("eXIf", exif(orientation)));
    // RIFF size "WEBP", then the extended header that tells of EXIF data, the picture, and these.
    const auto chunk = [](const char* name, const QByteArray& data) {
        QByteArray size(4, '\0');
        qToLittleEndian(static_cast<quint32>(data.size()), size.data());
        return name + size + data;
    };
    const QByteArray header = QByteArray("\x08\0\0\0", 4) + char(image.width() - 1) +
                              QByteArray(2, '\0') + char(image.height() - 1) + QByteArray(2, '\0');
    return chunk("RIFF", "WEBP" + chunk("VP8X", header) + encoded(image, "WEBP").mid(12) +
                             chunk("EXIF", exif(orientation)));
}

QByteArray pngHeader(quint32 width, quint32 height)
{
    return "\x89PNG\r\n\x1A\n" +
           pngChunk("IHDR", big32(width) + big32(height) + QByteArray("\x08\x02\0\0\0", 5));
}

QByteArray pictureFile(const char* name)
{
    QFile file(QString(TEST_DATA_DIR "/pictures/") + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace tests
