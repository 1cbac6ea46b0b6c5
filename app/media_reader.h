#pragma once

#include <QImage>
#include <QObject>
#include <QThreadPool>
#include <atomic>
#include <functional>

#include "app/assistant.h"
#include "engine/result.h"
#include "ui/media.h"

namespace app {

// Where a picture or sound comes from: the first of these that is not empty.
struct MediaSource {
    QString path;
    QByteArray content;  // of a picture's file that has no path
    QImage image;
    QString name;  // found out if empty
};

struct ReadMedium {
    ui::Medium medium;
    QImage image;  // of a picture, as the model should see it: see image_file.h
};

QVector<MediaSource> sourcesIn(const ui::GivenMedia& given);

// What is there, as far as its name tells: nothing is read.
ui::Medium unreadMedium(const MediaSource& source);

// On any thread. `progress` is told how far it is, in [0, 1], where it can be said.
engine::Result<ReadMedium> readMedium(const MediaSource& source,
                                      const std::function<void(double fraction)>& progress);

// Reads pictures and sounds beside the window's thread, one after the other, as each can take much
// memory. Destroying it waits for the one under way, and forgets the others.
class MediaReader : public QObject {
    Q_OBJECT

public:
    explicit MediaReader(QObject* parent = nullptr);
    ~MediaReader() override;

    // Returns the number that comes with the result.
    int read(const MediaSource& source);

signals:
    void progressed(int job, double fraction);
    void finished(int job, const app::ReadMedium& result);
    void failed(int job, const app::Problem& problem);

private:
    QThreadPool m_pool;
    std::atomic<bool> m_isEnding = false;
    int m_lastJob = 0;
};

}  // namespace app
