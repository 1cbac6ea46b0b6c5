#include "app/picture_output.h"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSaveFile>

namespace app {

PictureOutput::PictureOutput(QObject* parent) : QObject(parent)
{
    connect(&m_reader, &PictureReader::finished, this, [](int, const ReadPicture& result) {
        QGuiApplication::clipboard()->setImage(result.image);
    });
    connect(&m_reader, &PictureReader::failed, this,
            [this](int, const QString& sentence) { emit failed(sentence); });
}

void PictureOutput::save(const ui::Picture& picture, const QString& path)
{
    QSaveFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly) &&
                           file.write(picture.content) == picture.content.size() && file.commit();
    if (!isWritten)
        emit failed(tr("%1 cannot be written: %2. Choose another place.")
                        .arg(QFileInfo(path).fileName(), file.errorString()));
}

void PictureOutput::copy(const ui::Picture& picture)
{
    m_reader.read({{}, picture.content, {}, picture.name});
}

}  // namespace app
