#pragma once

#include <QByteArray>
#include <QImage>
#include <QString>
#include <QStringList>
#include <QVector>
#include <variant>

#include "ui/picture.h"
#include "ui/sound.h"

namespace ui {

// What a message brings beside its text. Until it has been read, only the name is there.
using Medium = std::variant<Picture, Sound>;

QString nameOf(const Medium& medium);
bool isRead(const Medium& medium);

// What a person dropped, pasted or chose, as it came: nothing of it has been read yet.
struct GivenMedia {
    QStringList files;             // paths
    QVector<QByteArray> contents;  // of pictures that have no path
    QVector<QImage> images;
    bool isAddressOnly = false;  // of the web, which Nestling does not fetch from

    bool isEmpty() const
    {
        return files.isEmpty() && contents.isEmpty() && images.isEmpty() && !isAddressOnly;
    }
};

}  // namespace ui
