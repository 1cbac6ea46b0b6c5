#pragma once

#include <QByteArray>
#include <QImage>

// Picture files as programs and cameras write them.
namespace tests {

// Left half of one colour, right half of another.
QImage halves(const QColor& left, const QColor& right, QSize size = {16, 8});

QByteArray encoded(const QImage& image, const char* format = "PNG");

enum class Container { Jpeg, Png, WebP };

// As a camera held in some way writes it: with the EXIF orientation 1 to 8.
QByteArray withOrientation(const QImage& image, Container container, char orientation);

// A PNG file that ends after its header.
QByteArray pngHeader(quint32 width, quint32 height);

QByteArray pngChunk(const QByteArray& name, const QByteArray& data);

QByteArray big32(quint32 number);

// Of tests/data/pictures: red, then blue.
QByteArray pictureFile(const char* name);

// PNG files have their header of that many bytes, then more chunks.
constexpr qsizetype kPngHeaderSize = 33;

}  // namespace tests
