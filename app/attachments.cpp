#include "app/attachments.h"

#include <algorithm>

#include "app/sound_clips.h"
#include "ui/attachment_strip.h"

namespace app {

QVector<ui::Medium> mediaOf(const QVector<EncodedMedium>& encoded)
{
    QVector<ui::Medium> media;
    for (const EncodedMedium& one : encoded)
        media << one.medium;
    return media;
}

QVector<int> numbersOf(const QVector<EncodedMedium>& encoded)
{
    QVector<int> numbers;
    for (const EncodedMedium& one : encoded)
        numbers << one.numbers;
    return numbers;
}

bool Attachments::Attachment::isEncoded() const
{
    return !encodings.empty() && std::all_of(encodings.begin(), encodings.end(),
                                             [](const Encoding& one) { return one.isDone; });
}

double Attachments::Attachment::fraction() const
{
    double sum = 0;
    for (const Encoding& encoding : encodings)
        sum += encoding.fraction;
    return encodings.empty() ? 0 : sum / static_cast<double>(encodings.size());
}

Attachments::Attachments(Assistant* assistant, ui::AttachmentStrip* strip, QObject* parent)
    : QObject(parent)
    , m_assistant(assistant)
    , m_strip(strip)
{
    connect(&m_reader, &MediaReader::progressed, this, &Attachments::onReadProgressed);
    connect(&m_reader, &MediaReader::finished, this, &Attachments::onRead);
    connect(&m_reader, &MediaReader::failed, this, &Attachments::onReadFailed);
    connect(assistant, &Assistant::mediumProgressed, this, &Attachments::onProgressed);
    connect(assistant, &Assistant::mediumEncoded, this, &Attachments::onEncoded);
    connect(assistant, &Assistant::mediumFailed, this, &Attachments::onFailed);
}

void Attachments::setSenses(const Senses& senses)
{
    m_senses = senses;
    for (Attachment& attachment : m_attachments)
        encode(attachment);
}

void Attachments::add(const MediaSource& source)
{
    Attachment attachment;
    attachment.readJob = m_reader.read(source);
    attachment.path = source.path;
    attachment.medium = unreadMedium(source);
    insert(std::move(attachment));
}

void Attachments::add(const ui::Sound& recording)
{
    Attachment attachment;
    attachment.medium = recording;
    insert(std::move(attachment));
}

void Attachments::remove(int id)
{
    const auto found = std::find_if(m_attachments.begin(), m_attachments.end(),
                                    [id](const Attachment& one) { return one.id == id; });
    if (found == m_attachments.end())
        return;
    const ui::Medium medium = found->medium;
    drop(found);
    emit removed(medium);
}

void Attachments::putBack(const QVector<EncodedMedium>& media)
{
    auto place = std::find_if(m_attachments.begin(), m_attachments.end(),
                              [](const Attachment& one) { return !one.isSending; });
    int index = 0;
    for (const EncodedMedium& encoded : media) {
        Attachment attachment;
        attachment.id = ++m_lastId;
        attachment.medium = encoded.medium;
        for (const int number : encoded.numbers)
            attachment.encodings.push_back({number, 1, true});
        place = m_attachments.insert(place, attachment) + 1;
        m_strip->insert(index++, attachment.id, attachment.medium);
    }
    emit changed();
}

void Attachments::forgetEncoded()
{
    for (Attachment& attachment : m_attachments)
        giveUp(attachment);
}

bool Attachments::isEmpty() const
{
    return m_strip->count() == 0;
}

bool Attachments::hasPictures() const
{
    return std::any_of(m_attachments.begin(), m_attachments.end(), [](const Attachment& one) {
        return !one.isSending && std::holds_alternative<ui::Picture>(one.medium);
    });
}

bool Attachments::hasSounds() const
{
    return std::any_of(m_attachments.begin(), m_attachments.end(), [](const Attachment& one) {
        return !one.isSending && std::holds_alternative<ui::Sound>(one.medium);
    });
}

void Attachments::beginSending()
{
    for (Attachment& attachment : m_attachments) {
        attachment.isSending = true;
        m_strip->remove(attachment.id);
        encode(attachment);
    }
    emit changed();
}

bool Attachments::isReadyToSend() const
{
    return std::all_of(m_attachments.begin(), m_attachments.end(),
                       [](const Attachment& one) { return !one.isSending || one.isEncoded(); });
}

double Attachments::sendingProgress() const
{
    double sum = 0;
    int count = 0;
    for (const Attachment& attachment : m_attachments) {
        if (attachment.isSending) {
            sum += attachment.fraction();
            ++count;
        }
    }
    return count > 0 ? sum / count : 1;
}

bool Attachments::isListening() const
{
    const auto first =
        std::find_if(m_attachments.begin(), m_attachments.end(),
                     [](const Attachment& one) { return one.isSending && !one.isEncoded(); });
    return first != m_attachments.end() && std::holds_alternative<ui::Sound>(first->medium);
}

QVector<ui::Medium> Attachments::sendingMedia() const
{
    QVector<ui::Medium> media;
    for (const Attachment& attachment : m_attachments) {
        if (attachment.isSending)
            media << attachment.medium;
    }
    return media;
}

QVector<EncodedMedium> Attachments::takeSent()
{
    QVector<EncodedMedium> sent;
    for (const Attachment& attachment : m_attachments) {
        if (!attachment.isSending)
            continue;
        EncodedMedium encoded{attachment.medium, {}};
        for (const Encoding& encoding : attachment.encodings)
            encoded.numbers << encoding.number;
        sent << encoded;
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
        if (!attachment.isEncoded())
            giveUp(attachment);
        m_strip->insert(index++, attachment.id, attachment.medium);
    }
    emit changed();
}

void Attachments::onRead(int job, const ReadMedium& result)
{
    const Place found = withJob(job);
    if (found == m_attachments.end())
        return;  // taken away meanwhile
    found->readJob = 0;
    found->medium = result.medium;
    found->image = result.image;
    m_strip->setMedium(found->id, result.medium);
    m_strip->setProgress(found->id, 0);
    encode(*found);
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onReadProgressed(int job, double fraction)
{
    if (const Place found = withJob(job); found != m_attachments.end())
        m_strip->setProgress(found->id, fraction);
}

void Attachments::onReadFailed(int job, const Problem& problem)
{
    const Place found = withJob(job);
    if (found == m_attachments.end())
        return;
    const QString path = found->path;
    drop(found);
    emit failed(problem, path);
}

void Attachments::onProgressed(int number, double fraction)
{
    const Place found = withNumber(number);
    if (found == m_attachments.end())
        return;
    encodingOf(*found, number).fraction = fraction;
    m_strip->setProgress(found->id, found->fraction());
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onEncoded(int number)
{
    const Place found = withNumber(number);
    if (found == m_attachments.end())
        return;
    encodingOf(*found, number) = {number, 1, true};
    if (found->isEncoded())
        found->image = {};  // its file remains, and is smaller
    m_strip->setProgress(found->id, found->fraction());
    if (found->isSending)
        emit sendingChanged();
}

void Attachments::onFailed(int number, const Problem& problem)
{
    const Place found = withNumber(number);
    if (found == m_attachments.end())
        return;
    auto& encodings = found->encodings;  // of this one nothing is left to be freed
    encodings.erase(std::find_if(encodings.begin(), encodings.end(),
                                 [number](const Encoding& one) { return one.number == number; }));
    const QString path = found->path;
    drop(found);
    emit failed(problem, path);
}

void Attachments::insert(Attachment attachment)
{
    attachment.id = ++m_lastId;
    m_strip->insert(m_strip->count(), attachment.id, attachment.medium);
    m_attachments.push_back(std::move(attachment));
    encode(m_attachments.back());
    emit changed();
}

// Starts with what is missing: the model's look, or reading the file once more before that.
void Attachments::encode(Attachment& attachment)
{
    if (attachment.readJob != 0 || !attachment.encodings.empty())
        return;
    if (const auto* sound = std::get_if<ui::Sound>(&attachment.medium)) {
        if (m_senses.hears)
            encodeSound(attachment, *sound);
        return;
    }
    if (!m_senses.sees)
        return;
    const auto& picture = std::get<ui::Picture>(attachment.medium);
    if (attachment.image.isNull())
        attachment.readJob = m_reader.read({{}, picture.content, {}, picture.name});
    else
        attachment.encodings.push_back({m_assistant->encodePicture(attachment.image), 0, false});
}

void Attachments::encodeSound(Attachment& attachment, const ui::Sound& sound)
{
    for (std::vector<float>& clip : cutIntoClips(ui::toFloats(sound.span()), m_senses.longestClip))
        attachment.encodings.push_back({m_assistant->encodeSound(std::move(clip)), 0, false});
}

void Attachments::giveUp(Attachment& attachment)
{
    for (const Encoding& encoding : attachment.encodings)
        m_assistant->forgetMedium(encoding.number);
    attachment.encodings.clear();
    m_strip->setProgress(attachment.id, 0);
}

void Attachments::drop(Place attachment)
{
    giveUp(*attachment);
    m_strip->remove(attachment->id);
    m_attachments.erase(attachment);
    emit changed();
}

Attachments::Place Attachments::withJob(int job)
{
    return std::find_if(m_attachments.begin(), m_attachments.end(),
                        [job](const Attachment& one) { return one.readJob == job; });
}

Attachments::Place Attachments::withNumber(int number)
{
    return std::find_if(m_attachments.begin(), m_attachments.end(),
                        [number](const Attachment& one) {
                            return std::any_of(one.encodings.begin(), one.encodings.end(),
                                               [number](const Encoding& encoding) {
                                                   return encoding.number == number;
                                               });
                        });
}

Attachments::Encoding& Attachments::encodingOf(Attachment& attachment, int number)
{
    return *std::find_if(attachment.encodings.begin(), attachment.encodings.end(),
                         [number](const Encoding& one) { return one.number == number; });
}

}  // namespace app
