#pragma once

#include <QObject>

#include "app/picture_reader.h"

namespace app {

// Takes pictures of the conversation out of the window. Lives on the window's thread; pictures to
// be copied are read beside it.
class PictureOutput : public QObject {
    Q_OBJECT

public:
    explicit PictureOutput(QObject* parent = nullptr);

    // The file as it came, byte for byte.
    void save(const ui::Picture& picture, const QString& path);

    // In its full size, to the clipboard.
    void copy(const ui::Picture& picture);

signals:
    void failed(const QString& sentence);

private:
    PictureReader m_reader;
};

}  // namespace app
