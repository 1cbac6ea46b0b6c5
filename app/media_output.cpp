#include "app/media_output.h"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSaveFile>

#include "app/conversion.h"
#include "app/sound_reading.h"

namespace app {

MediaOutput::MediaOutput(QObject* parent) : QObject(parent)
{
    m_writers.setMaxThreadCount(1);
    connect(&m_reader, &MediaReader::finished, this, [](int, const ReadMedium& result) {
        QGuiApplication::clipboard()->setImage(result.image);
    });
    connect(&m_reader, &MediaReader::failed, this,
            [this](int, const Problem& problem) { emit failed(problem.sentence); });
}

MediaOutput::~MediaOutput()
{
    m_writers.waitForDone();
}

void MediaOutput::savePicture(const ui::Picture& picture, const QString& path)
{
    QSaveFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly) &&
                           file.write(picture.content) == picture.content.size() && file.commit();
    if (!isWritten)
        emit failed(tr("%1 cannot be written: %2. Choose another place.")
                        .arg(QFileInfo(path).fileName(), file.errorString()));
}

void MediaOutput::copyPicture(const ui::Picture& picture)
{
    m_reader.read({{}, picture.content, {}, picture.name});
}

void MediaOutput::saveSound(const ui::Sound& sound, const QString& path)
{
    // What is emitted here arrives on the thread of the receiver.
    m_writers.start([this, sound, path] {
        if (const auto written = writeSound(sound, path); !written)
            emit failed(toText(std::string_view(written.error().message)));
    });
}

}  // namespace app
