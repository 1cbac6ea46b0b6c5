#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>
#include <QStringList>
#include <QVector>

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

// What a person dropped, pasted or chose, as it came: nothing of it has been read yet.
struct GivenPictures {
    QStringList files;             // paths
    QVector<QByteArray> contents;  // of files that have no path
    QVector<QImage> images;
    bool isAddressOnly = false;  // of the web, which Nestling does not fetch from

    bool isEmpty() const
    {
        return files.isEmpty() && contents.isEmpty() && images.isEmpty() && !isAddressOnly;
    }
};

}  // namespace ui
