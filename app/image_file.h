#pragma once

#include <QImage>
#include <QString>

#include "engine/result.h"

// Pictures as people have them, made into what an encoder can be given: upright, opaque (on white),
// in sRGB, Format_RGB32. Of an animation the first frame. Any thread may call these; large pictures
// take a second, so the window's thread should not. Fail with InvalidInput and a sentence that says
// what to do.
namespace app {

// Sizes are read before any pixel: what is larger is refused, and nothing is allocated for it.
constexpr int kLongestSide = 32'767;
constexpr qint64 kMostPixels = 100'000'000;
constexpr qint64 kMostFileBytes = qint64{256} << 20;

// Whole, as it is.
engine::Result<QByteArray> readPictureBytes(const QString& path);

engine::Result<QImage> readImageFile(const QString& path);

// The bytes of such a file; `name` stands in the sentences.
engine::Result<QImage> decodeImage(const QByteArray& bytes, const QString& name);

// A picture that another program handed over.
engine::Result<QImage> normalizedImage(const QImage& image, const QString& name);

}  // namespace app
