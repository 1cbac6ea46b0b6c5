#pragma once

#include <QImage>
#include <QObject>
#include <QThreadPool>
#include <atomic>

#include "engine/result.h"
#include "ui/picture.h"

namespace app {

// Where a picture comes from: the first of these that is not empty.
struct PictureSource {
    QString path;
    QByteArray content;  // of a file that has no path
    QImage image;
    QString name;  // found out if empty
};

struct ReadPicture {
    ui::Picture picture;
    QImage image;  // as the model should see it: see image_file.h
};

// What a picture from there is called.
QString pictureName(const PictureSource& source);

// On any thread.
engine::Result<ReadPicture> readPictureFrom(const PictureSource& source);

// Reads pictures beside the window's thread, one after the other, as each can take much memory.
// Destroying it waits for the one under way, and forgets the others.
class PictureReader : public QObject {
    Q_OBJECT

public:
    explicit PictureReader(QObject* parent = nullptr);
    ~PictureReader() override;

    // Returns the number that comes with the result.
    int read(const PictureSource& source);

signals:
    void finished(int job, const app::ReadPicture& result);
    void failed(int job, const QString& sentence);

private:
    QThreadPool m_pool;
    std::atomic<bool> m_isEnding = false;
    int m_lastJob = 0;
};

}  // namespace app
