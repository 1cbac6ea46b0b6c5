#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>

namespace ui {

// A picture as the window shows it. Until its file has been read, only the name is there.
struct Picture {
    QString name;        // as a file would be called
    QImage thumbnail;    // at most kThumbnailPixels on a side
    QImage image;        // to be looked at: at most kShownPixels on a side
    QByteArray content;  // the picture's file, to be saved and copied from
};

constexpr int kThumbnailPixels = 640;
constexpr int kShownPixels = 2048;

}  // namespace ui
