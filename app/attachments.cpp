#include "app/attachments.h"

#include <algorithm>

#include "ui/attachment_strip.h"

namespace app {

Attachments::Attachments(Assistant* assistant, ui::AttachmentStrip* strip, QObject* parent)
    : QObject(parent)
    , m_assistant(assistant)
    , m_strip(strip)
{
    connect(&m_reader, &PictureReader::finished, this, &Attachments::onRead);
    connect(&m_reader, &PictureReader::failed, this, &Attachments::onReadFailed);
    connect(assistant, &Assistant::pictureProgressed, this, &Attachments::onProgressed);
    connect(assistant, &Assistant::pictureEncoded, this, &Attachments::onEncoded);
    connect(assistant, &Assistant::pictureFailed, this, &Attachments::onFailed);
}

void Attachments::setCanSee(bool can)
{
    m_canSee = can;
    for (Attachment& attachment : m_attachments)
        look(attachment);
}

void Attachments::add(const ui::GivenPictures& given)
{
    for (const QString& file : given.files)
        addFrom({file, {}, {}, {}});
    for (const QByteArray& content : given.contents)
        addFrom({{}, content, {}, {}});
    for (const QImage& image : given.images)
        addFrom({{}, {}, image, {}});
}

void Attachments::remove(int id)
{
    const auto found = std::find_if(m_attachments.begin(), m_attachments.end(),
                                    [id](const Attachment& one) { return one.id == id; });
    if (found != m_attachments.end())
        drop(found);
}

void Attachments::putBack(const QVector<SeenPicture>& pictures)
{
    auto place = std::find_if(m_attachments.begin(), m_attachments.end(),
                              [](const Attachment& one) { return !one.isSending; });
    int index = 0;
    for (const SeenPicture& seen : pictures) {
        Attachment attachment;
        attachment.id = ++m_lastId;
        attachment.read.picture = seen.picture;
        attachment.number = seen.number;
        attachment.fraction = 1;
        attachment.isSeen = true;
        place = m_attachments.insert(place, attachment) + 1;
        m_strip->insert(index++, attachment.id, seen.picture);
    }
    emit changed();
}

void Attachments::forgetSeen()
{
    for (Attachment& attachment : m_attachments)
        giveUp(attachment);
}

bool Attachments::isEmpty() const
{
    return m_strip->count() == 0;
}

void Attachments::beginSending()
{
    for (Attachment& attachment : m_attachments) {
        attachment.isSending = true;
        m_strip->remove(attachment.id);
        look(attachment);
    }
    emit changed();
}

bool Attachments::isReadyToSend() const
{
    return std::all_of(m_attachments.begin(), m_attachments.end(),
                       [](const Attachment& one) { return !one.isSending || one.isSeen; });
}

double Attachments::sendingProgress() const
{
    double sum = 0;
    int count = 0;
    for (const Attachment& attachment : m_attachments) {
        if (attachment.isSending) {
            sum += attachment.fraction;
            ++count;
        }
    }
    return count > 0 ? sum / count : 1;
}

QVector<ui::Picture> Attachments::sendingPictures() const
{
    QVector<ui::Picture> pictures;
    for (const Attachment& attachment : m_attachments) {
        if (attachment.isSending)
            pictures << attachment.read.picture;
    }
    return pictures;
}

QVector<SeenPicture> Attachments::takeSent()
{
    QVector<SeenPicture> sent;
    for (const Attachment& attachment : m_attachments) {
        if (attachment.isSending)
            sent << SeenPicture{attachment.read.picture, attachment.number};
    }
    m_attachments.erase(std::remove_if(m_attachments.begin(), m_attachments.end(),
                                       [](const Attachment& one) { return one.isSending; }),
                        m_attachments.end());
    return sent;
}

void Attachments::cancelSending()
{
    int index = 0;
    for (Attachment& attachment : m_attachments) {
        if (!attachment.isSending)
            continue;
        attachment.isSending = false;
        if (!attachment.isSeen)
            giveUp(attachment);
        m_strip->insert(index++, attachment.id, attachment.read.picture);
    }
    emit changed();
}

void Attachments::onRead(int job, const ReadPicture& result)
{
    const auto found = std::find_if(m_attachments.begin(), m_attachments.end(),
                                    [job](const Attachment& one) { return one.readJob == job; });
    if (found == m_attachments.end())
        return;  // taken away meanwhile
    found->readJob = 0;
    found->read = result;
    m_strip->setPicture(found->id, result.picture);
    look(*found);
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onReadFailed(int job, const QString& sentence)
{
    const auto found = std::find_if(m_attachments.begin(), m_attachments.end(),
                                    [job](const Attachment& one) { return one.readJob == job; });
    if (found == m_attachments.end())
        return;
    drop(found);
    emit failed({Problem::Kind::BadInput, sentence});
}

void Attachments::onProgressed(int number, double fraction)
{
    const auto found = withNumber(number);
    if (found == m_attachments.end())
        return;
    found->fraction = fraction;
    m_strip->setProgress(found->id, fraction);
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onEncoded(int number)
{
    const auto found = withNumber(number);
    if (found == m_attachments.end())
        return;
    found->isSeen = true;
    found->fraction = 1;
    found->read.image = {};  // its file remains, and is smaller
    m_strip->setProgress(found->id, 1);
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onFailed(int number, const Problem& problem)
{
    const auto found = withNumber(number);
    if (found == m_attachments.end())
        return;
    found->number = 0;  // nothing is left to be freed
    drop(found);
    emit failed(problem);
}

void Attachments::addFrom(const PictureSource& source)
{
    Attachment attachment;
    attachment.id = ++m_lastId;
    attachment.readJob = m_reader.read(source);
    attachment.read.picture.name = pictureName(source);
    m_strip->insert(m_strip->count(), attachment.id, attachment.read.picture);
    m_attachments.push_back(std::move(attachment));
    emit changed();
}

// Starts with what is missing: the model's look, or reading the file once more before that.
void Attachments::look(Attachment& attachment)
{
    if (!m_canSee || attachment.readJob != 0 || attachment.number != 0)
        return;
    if (attachment.read.image.isNull()) {
        const ui::Picture& picture = attachment.read.picture;
        attachment.readJob = m_reader.read({{}, picture.content, {}, picture.name});
    } else {
        attachment.number = m_assistant->encodePicture(attachment.read.image);
    }
}

void Attachments::giveUp(Attachment& attachment)
{
    if (attachment.number != 0)
        m_assistant->forgetPicture(attachment.number);
    attachment.number = 0;
    attachment.isSeen = false;
    attachment.fraction = 0;
    m_strip->setProgress(attachment.id, 0);
}

void Attachments::drop(std::vector<Attachment>::iterator attachment)
{
    giveUp(*attachment);
    m_strip->remove(attachment->id);
    m_attachments.erase(attachment);
    emit changed();
}

std::vector<Attachments::Attachment>::iterator Attachments::withNumber(int number)
{
    return std::find_if(m_attachments.begin(), m_attachments.end(),
                        [number](const Attachment& one) { return one.number == number; });
}

}  // namespace app
