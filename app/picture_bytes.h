#pragma once

#include <QByteArrayView>
#include <QImageIOHandler>
#include <QSize>

// What has to be known of a picture's bytes that Qt's readers do not tell. Reads no pixels.
namespace app {

enum class PictureFormat { Unknown, Png, Jpeg, Gif, Bmp, WebP, Tiff, Netpbm, Heif, Svg };

// By the first bytes, whatever the file is called.
PictureFormat formatOf(QByteArrayView bytes);

// As QImageReader calls it; empty for what Nestling does not read.
QByteArray readerNameOf(PictureFormat format);

// What the header of a PNG or BMP says, also where nothing follows it; not valid for the other
// formats, whose readers tell it.
QSize declaredSize(QByteArrayView bytes, PictureFormat format);

// Whether a JPEG, GIF or BMP ends before its (first) picture does. The readers of these fill what
// is missing with grey; those of the other formats fail by themselves.
bool isCutOff(QByteArrayView bytes, PictureFormat format);

// How to turn a PNG or WebP upright, by its EXIF data; the readers of the other formats do it
// themselves.
QImageIOHandler::Transformations exifTransformation(QByteArrayView bytes, PictureFormat format);

// Whether a PNG has no colour profile and no more to say of its colours than that they are nearly
// sRGB's: so many programs write of what is sRGB.
bool isNearlySrgbPng(QByteArrayView bytes);

}  // namespace app
