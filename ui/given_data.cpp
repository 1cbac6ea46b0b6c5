#include "ui/given_data.h"

#include <QFileInfo>
#include <QMimeData>
#include <QUrl>
#include <algorithm>

namespace ui {

namespace {

constexpr const char* kContentFormats[] = {"image/png",  "image/jpeg", "image/webp",
                                           "image/tiff", "image/bmp",  "image/gif"};

bool isWebAddress(const QUrl& url)
{
    return url.scheme() == u"http" || url.scheme() == u"https";
}

// Pictures of web pages are sometimes written out in their address: data:image/png;base64,…
bool isWrittenOut(const QUrl& url)
{
    return url.scheme() == u"data" && url.path().startsWith(u"image/");
}

QByteArray writtenOut(const QUrl& url)
{
    const QByteArray whole = url.path(QUrl::FullyEncoded).toLatin1();
    const qsizetype comma = whole.indexOf(',');
    const QByteArray content = QByteArray::fromPercentEncoding(whole.mid(comma + 1));
    return whole.left(comma).endsWith(";base64") ? QByteArray::fromBase64(content) : content;
}

}  // namespace

QString modelIn(const QMimeData& data)
{
    const QList<QUrl> urls = data.urls();
    if (urls.size() != 1 || !urls.first().isLocalFile())
        return {};
    const QFileInfo file(urls.first().toLocalFile());
    const bool isModel = file.isDir() || file.suffix().compare(u"gguf", Qt::CaseInsensitive) == 0;
    return isModel ? file.filePath() : QString();
}

GivenMedia mediaIn(const QMimeData& data)
{
    GivenMedia given;
    const QList<QUrl> urls = data.urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            given.files << url.toLocalFile();
        else if (isWrittenOut(url))
            given.contents << writtenOut(url);
    }
    if (!given.isEmpty())
        return given;
    for (const char* format : kContentFormats) {
        if (const QByteArray content = data.data(QLatin1String(format)); !content.isEmpty()) {
            given.contents << content;
            return given;
        }
    }
    if (const auto image = qvariant_cast<QImage>(data.imageData()); !image.isNull())
        given.images << image;
    else
        given.isAddressOnly = std::any_of(urls.begin(), urls.end(), isWebAddress);
    return given;
}

bool isText(const QMimeData& data)
{
    if (!data.hasText() || data.html().contains(u"<img"))
        return false;
    const QList<QUrl> urls = data.urls();
    return urls.isEmpty() ||
           (!data.hasImage() && std::all_of(urls.begin(), urls.end(), isWebAddress));
}

bool holdsMedia(const QMimeData& data)
{
    const QList<QUrl> urls = data.urls();
    return data.hasImage() || std::any_of(urls.begin(), urls.end(), [](const QUrl& url) {
               return url.isLocalFile() || isWrittenOut(url) || isWebAddress(url);
           });
}

}  // namespace ui
