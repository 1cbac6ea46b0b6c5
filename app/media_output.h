#pragma once

#include <QObject>
#include <QThreadPool>

#include "app/media_reader.h"

namespace app {

// Takes pictures and sounds of the conversation out of the window. Lives on the window's thread;
// what takes time is done beside it. Destroying it waits until all is written.
class MediaOutput : public QObject {
    Q_OBJECT

public:
    explicit MediaOutput(QObject* parent = nullptr);
    ~MediaOutput() override;

    // The file as it came, byte for byte.
    void savePicture(const ui::Picture& picture, const QString& path);

    // In its full size, to the clipboard.
    void copyPicture(const ui::Picture& picture);

    // See writeSound().
    void saveSound(const ui::Sound& sound, const QString& path);

signals:
    void failed(const QString& sentence);

private:
    MediaReader m_reader;
    QThreadPool m_writers;
};

}  // namespace app
