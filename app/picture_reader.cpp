#include "app/picture_reader.h"

#include <QBuffer>
#include <QFileInfo>

#include "app/conversion.h"
#include "app/image_file.h"
#include "app/picture_bytes.h"

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

}  // namespace

QString pictureName(const PictureSource& source)
{
    if (!source.name.isEmpty())
        return source.name;
    if (!source.path.isEmpty())
        return QFileInfo(source.path).fileName();
    const QByteArray format = readerNameOf(formatOf(source.content));
    return PictureReader::tr("picture") + u'.' +
           (format.isEmpty() ? QStringLiteral("png") : QString::fromLatin1(format));
}

engine::Result<ReadPicture> readPictureFrom(const PictureSource& source)
{
    ReadPicture result;
    ui::Picture& picture = result.picture;
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
    return result;
}

PictureReader::PictureReader(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

PictureReader::~PictureReader()
{
    m_isEnding = true;
    m_pool.waitForDone();
}

int PictureReader::read(const PictureSource& source)
{
    const int job = ++m_lastJob;
    m_pool.start([this, job, source] {
        if (m_isEnding)
            return;
        // What is emitted here arrives on the thread of the receiver.
        if (auto result = readPictureFrom(source))
            emit finished(job, *result);
        else
            emit failed(job, toText(std::string_view(result.error().message)));
    });
    return job;
}

}  // namespace app
