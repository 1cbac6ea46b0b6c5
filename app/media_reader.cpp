#include "app/media_reader.h"

#include <QBuffer>
#include <QFile>
#include <QFileInfo>
#include <algorithm>

#include "app/conversion.h"
#include "app/image_file.h"
#include "app/picture_bytes.h"
#include "app/sound_reading.h"

namespace app {

namespace {

QImage within(const QImage& image, int side)
{
    return image.width() <= side && image.height() <= side
               ? image
               : image.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
}

QByteArray pngOf(const QImage& image)
{
    QByteArray content;
    QBuffer buffer(&content);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return content;
}

QString pictureName(const MediaSource& source)
{
    if (!source.name.isEmpty())
        return source.name;
    if (!source.path.isEmpty())
        return QFileInfo(source.path).fileName();
    const QByteArray format = readerNameOf(formatOf(source.content));
    return MediaReader::tr("picture") + u'.' +
           (format.isEmpty() ? QStringLiteral("png") : QString::fromLatin1(format));
}

engine::Result<ReadMedium> readPicture(const MediaSource& source)
{
    ui::Picture picture;
    ReadMedium result;
    picture.name = pictureName(source);
    picture.content = source.content;
    if (!source.path.isEmpty()) {
        ENGINE_TRY(picture.content, readPictureBytes(source.path));
    }
    if (picture.content.isEmpty()) {
        ENGINE_TRY(result.image, normalizedImage(source.image, picture.name));
        picture.content = pngOf(result.image);
    } else {
        ENGINE_TRY(result.image, decodeImage(picture.content, picture.name));
    }
    picture.image = within(result.image, ui::kShownPixels);
    picture.thumbnail = within(picture.image, ui::kThumbnailPixels);
    result.medium = picture;
    return result;
}

// What is called like a picture and is a sound is one, and what is called like a sound but is a
// picture is a picture; of what is neither, the name tells what was meant.
bool isSoundFile(const QString& path)
{
    constexpr qint64 kEnough = 16;
    QFile file(path);
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly))
        return hasSoundName(path);
    const QByteArray bytes = file.read(kEnough);
    return isSound(bytes) || (hasSoundName(path) && formatOf(bytes) == PictureFormat::Unknown);
}

// Its sentence is whole, and says what to do.
Problem toReadingProblem(const engine::Error& error)
{
    return {error.code == engine::ErrorCode::ContextFull ? Problem::Kind::TooLong
                                                         : Problem::Kind::BadInput,
            toText(std::string_view(error.message))};
}

}  // namespace

QVector<MediaSource> sourcesIn(const ui::GivenMedia& given)
{
    QVector<MediaSource> sources;
    for (const QString& file : given.files)
        sources << MediaSource{file, {}, {}, {}};
    for (const QByteArray& content : given.contents)
        sources << MediaSource{{}, content, {}, {}};
    for (const QImage& image : given.images)
        sources << MediaSource{{}, {}, image, {}};
    return sources;
}

ui::Medium unreadMedium(const MediaSource& source)
{
    if (hasSoundName(source.path))
        return ui::Sound{QFileInfo(source.path).fileName(), {}, {}};
    return ui::Picture{pictureName(source), {}, {}, {}};
}

engine::Result<ReadMedium> readMedium(const MediaSource& source,
                                      const std::function<void(double fraction)>& progress)
{
    if (source.path.isEmpty() || !isSoundFile(source.path))
        return readPicture(source);
    ENGINE_TRY(const ui::Sound sound, readSound(source.path, progress));
    return ReadMedium{sound, {}};
}

MediaReader::MediaReader(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

MediaReader::~MediaReader()
{
    m_isEnding = true;
    m_pool.waitForDone();
}

int MediaReader::read(const MediaSource& source)
{
    const int job = ++m_lastJob;
    m_pool.start([this, job, source] {
        if (m_isEnding)
            return;
        // What is emitted here arrives on the thread of the receiver.
        const auto progress = [this, job](double fraction) { emit progressed(job, fraction); };
        if (auto result = readMedium(source, progress))
            emit finished(job, *result);
        else
            emit failed(job, toReadingProblem(result.error()));
    });
    return job;
}

}  // namespace app
