#include "app/picture_bytes.h"

#include <QtEndian>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

namespace app {

namespace {

using Transformation = QImageIOHandler::Transformation;

// Bytes of which each may be missing: what is not there reads as 0.
template <typename Number>
Number bigAt(QByteArrayView bytes, qsizetype at)
{
    return at >= 0 && at <= bytes.size() - qsizetype(sizeof(Number))
               ? qFromBigEndian<Number>(bytes.data() + at)
               : Number{};
}

template <typename Number>
Number littleAt(QByteArrayView bytes, qsizetype at)
{
    return at >= 0 && at <= bytes.size() - qsizetype(sizeof(Number))
               ? qFromLittleEndian<Number>(bytes.data() + at)
               : Number{};
}

QByteArrayView part(QByteArrayView bytes, qsizetype at, qsizetype size)
{
    if (at < 0 || at > bytes.size())
        return {};
    return bytes.sliced(at, std::clamp<qsizetype>(size, 0, bytes.size() - at));
}

// Segments up to the first scan, then markers among the scans' data, where 0xFF 0x00 is a byte and
// 0xD0 to 0xD7 are restarts.
bool isJpegCutOff(QByteArrayView bytes)
{
    constexpr quint8 kStartOfImage = 0xD8;
    constexpr quint8 kEndOfImage = 0xD9;
    const auto at = [bytes](qsizetype i) { return bigAt<quint8>(bytes, i); };
    for (qsizetype i = 0; i + 1 < bytes.size();) {
        const quint8 marker = at(i) == 0xFF ? at(i + 1) : 0;
        const bool isRestart = marker >= 0xD0 && marker <= 0xD7;
        if (marker == kEndOfImage)
            return false;
        if (marker == 0 || marker == 0xFF)
            ++i;
        else if (isRestart || marker == kStartOfImage)
            i += 2;
        else
            i += 2 + bigAt<quint16>(bytes, i + 2);
    }
    return true;
}

// Blocks up to the end of the first picture's data.
bool isGifCutOff(QByteArrayView bytes)
{
    constexpr quint8 kExtension = 0x21;
    constexpr quint8 kPicture = 0x2C;
    const auto at = [bytes](qsizetype i) { return bigAt<quint8>(bytes, i); };
    const auto tableSize = [&at](qsizetype flags) {
        return at(flags) & 0x80 ? qsizetype(3) << ((at(flags) & 7) + 1) : 0;
    };
    const auto skipBlocks = [&](qsizetype i) {
        while (i < bytes.size() && at(i) != 0)
            i += 1 + at(i);
        return i + 1;
    };
    qsizetype i = 13 + tableSize(10);
    while (i < bytes.size() && at(i) == kExtension)
        i = skipBlocks(i + 2);
    if (i >= bytes.size() || at(i) != kPicture)
        return i >= bytes.size();  // otherwise the reader says what is wrong
    return skipBlocks(i + 11 + tableSize(i + 9)) > bytes.size();
}

struct BmpHeader {
    qint64 width = 0;
    qint64 height = 0;
    qint64 bitsPerPixel = 0;
    quint32 compression = 0;
};

BmpHeader bmpHeader(QByteArrayView bytes)
{
    constexpr quint32 kOldHeaderSize = 12;
    if (littleAt<quint32>(bytes, 14) == kOldHeaderSize)
        return {littleAt<quint16>(bytes, 18), littleAt<quint16>(bytes, 20),
                littleAt<quint16>(bytes, 24), 0};
    // A negative height means that the first row comes first.
    return {littleAt<qint32>(bytes, 18), std::abs(qint64{littleAt<qint32>(bytes, 22)}),
            littleAt<quint16>(bytes, 28), littleAt<quint32>(bytes, 30)};
}

// Only where the rows are stored as they are; compressed ones have no size known beforehand.
bool isBmpCutOff(QByteArrayView bytes)
{
    constexpr quint32 kRunLength8 = 1;
    constexpr quint32 kRunLength4 = 2;
    const BmpHeader header = bmpHeader(bytes);
    if (header.compression == kRunLength8 || header.compression == kRunLength4)
        return false;
    const qint64 rowSize = (header.width * header.bitsPerPixel + 31) / 32 * 4;
    return rowSize > 0 && (bytes.size() - littleAt<quint32>(bytes, 10)) / rowSize < header.height;
}

// Of the first chunk of that name; empty if there is none.
QByteArrayView pngChunk(QByteArrayView bytes, QByteArrayView name)
{
    for (qsizetype i = 8; i + 8 <= bytes.size();) {
        const auto size = qsizetype{bigAt<quint32>(bytes, i)};
        if (bytes.sliced(i + 4, 4) == name)
            return part(bytes, i + 8, size);
        i += 12 + size;
    }
    return {};
}

QByteArrayView webpChunk(QByteArrayView bytes, QByteArrayView name)
{
    for (qsizetype i = 12; i + 8 <= bytes.size();) {
        const auto size = qsizetype{littleAt<quint32>(bytes, i + 4)};
        if (bytes.sliced(i, 4) == name)
            return part(bytes, i + 8, size);
        i += 8 + size + size % 2;
    }
    return {};
}

// EXIF data are a TIFF file; tag 0x0112 of its first directory holds 1 to 8, or 0 if it is missing.
int exifOrientation(QByteArrayView exif)
{
    constexpr quint16 kOrientation = 0x0112;
    constexpr qsizetype kEntrySize = 12;
    if (exif.startsWith(QByteArrayView("Exif\0\0", 6)))
        exif = exif.sliced(6);
    const bool isBig = exif.startsWith("MM");
    const auto number16 = [&](qsizetype at) {
        return isBig ? bigAt<quint16>(exif, at) : littleAt<quint16>(exif, at);
    };
    const qsizetype directory = isBig ? bigAt<quint32>(exif, 4) : littleAt<quint32>(exif, 4);
    for (int i = 0; i < number16(directory); ++i) {
        const qsizetype entry = directory + 2 + i * kEntrySize;
        if (number16(entry) == kOrientation)
            return number16(entry + 8);
    }
    return 0;
}

}  // namespace

PictureFormat formatOf(QByteArrayView bytes)
{
    const auto has = [bytes](qsizetype at, QByteArrayView magic) {
        return part(bytes, at, magic.size()) == magic;
    };
    if (has(0, "\x89PNG\r\n\x1A\n"))
        return PictureFormat::Png;
    if (has(0, "\xFF\xD8\xFF"))
        return PictureFormat::Jpeg;
    if (has(0, "GIF87a") || has(0, "GIF89a"))
        return PictureFormat::Gif;
    if (has(0, "RIFF") && has(8, "WEBP"))
        return PictureFormat::WebP;
    if (has(0, QByteArrayView("II*\0", 4)) || has(0, QByteArrayView("MM\0*", 4)))
        return PictureFormat::Tiff;
    if (has(0, "BM") && bytes.size() >= 26 && littleAt<quint32>(bytes, 14) < 256)
        return PictureFormat::Bmp;
    if (has(4, "ftyp"))
        return PictureFormat::Heif;
    if (has(0, "P") && bytes.size() > 2 && bytes[1] >= '1' && bytes[1] <= '6' &&
        QByteArrayView(" \t\r\n#").contains(bytes[2]))
        return PictureFormat::Netpbm;
    if (has(0, "<svg") || (has(0, "<?xml") && part(bytes, 0, 1024).contains("<svg")))
        return PictureFormat::Svg;
    return PictureFormat::Unknown;
}

QByteArray readerNameOf(PictureFormat format)
{
    switch (format) {
    case PictureFormat::Png:
        return "png";
    case PictureFormat::Jpeg:
        return "jpeg";
    case PictureFormat::Gif:
        return "gif";
    case PictureFormat::Bmp:
        return "bmp";
    case PictureFormat::WebP:
        return "webp";
    case PictureFormat::Tiff:
        return "tiff";
    case PictureFormat::Netpbm:
        return "ppm";  // which reads its relatives, too
    case PictureFormat::Unknown:
    case PictureFormat::Heif:
    case PictureFormat::Svg:
        break;
    }
    return {};
}

QSize declaredSize(QByteArrayView bytes, PictureFormat format)
{
    const auto side = [](qint64 pixels) {
        return static_cast<int>(std::clamp<qint64>(pixels, 0, std::numeric_limits<int>::max()));
    };
    if (format == PictureFormat::Png && bytes.size() >= 24)
        return {side(bigAt<quint32>(bytes, 16)), side(bigAt<quint32>(bytes, 20))};
    if (format == PictureFormat::Bmp)
        return {side(bmpHeader(bytes).width), side(bmpHeader(bytes).height)};
    return {};
}

bool isCutOff(QByteArrayView bytes, PictureFormat format)
{
    switch (format) {
    case PictureFormat::Jpeg:
        return isJpegCutOff(bytes);
    case PictureFormat::Gif:
        return isGifCutOff(bytes);
    case PictureFormat::Bmp:
        return isBmpCutOff(bytes);
    default:
        return false;
    }
}

QImageIOHandler::Transformations exifTransformation(QByteArrayView bytes, PictureFormat format)
{
    QByteArrayView exif;
    if (format == PictureFormat::Png)
        exif = pngChunk(bytes, "eXIf");
    else if (format == PictureFormat::WebP)
        exif = webpChunk(bytes, "EXIF");
    switch (exifOrientation(exif)) {
    case 2:
        return Transformation::TransformationMirror;
    case 3:
        return Transformation::TransformationRotate180;
    case 4:
        return Transformation::TransformationFlip;
    case 5:
        return Transformation::TransformationFlipAndRotate90;
    case 6:
        return Transformation::TransformationRotate90;
    case 7:
        return Transformation::TransformationMirrorAndRotate90;
    case 8:
        return Transformation::TransformationRotate270;
    default:
        return Transformation::TransformationNone;
    }
}

bool isNearlySrgbPng(QByteArrayView bytes)
{
    // White and primaries in 1/100,000, as the sRGB chunk's specification lists them.
    constexpr std::array<quint32, 8> kSrgbColors{31270, 32900, 64000, 33000,
                                                 30000, 60000, 15000, 6000};
    constexpr quint32 kGamma = 45455;  // 1 / 2.2
    constexpr quint32 kSlack = 100;
    const auto isNear = [](quint32 a, quint32 b) { return a + kSlack >= b && a <= b + kSlack; };
    if (!pngChunk(bytes, "iCCP").isEmpty())
        return false;
    const QByteArrayView gamma = pngChunk(bytes, "gAMA");
    if (!gamma.isEmpty() && !isNear(bigAt<quint32>(gamma, 0), kGamma))
        return false;
    const QByteArrayView colors = pngChunk(bytes, "cHRM");
    for (std::size_t i = 0; i < kSrgbColors.size() && !colors.isEmpty(); ++i) {
        if (!isNear(bigAt<quint32>(colors, 4 * static_cast<qsizetype>(i)), kSrgbColors[i]))
            return false;
    }
    return true;
}

}  // namespace app
