#pragma once

#include <QObject>
#include <QVector>
#include <vector>

#include "app/assistant.h"
#include "app/media_reader.h"
#include "ui/media.h"

namespace ui {
class AttachmentStrip;
}

namespace app {

// A picture that the open model has looked at, or a sound that it has heard.
struct EncodedMedium {
    ui::Medium medium;
    QVector<int> numbers;  // as the assistant counts them: one, or one for each clip of a sound
};

QVector<ui::Medium> mediaOf(const QVector<EncodedMedium>& encoded);
QVector<int> numbersOf(const QVector<EncodedMedium>& encoded);

// Which kinds of media the open model takes. None while no model is open.
struct Senses {
    bool sees = false;
    bool hears = false;
    qint64 longestClip = 0;  // samples of sound that it hears in one piece
};

// The pictures and sounds on their way into a message. Each is read, then the model looks at it or
// hears it, all while the person still types. When the message is sent they leave the strip, and
// may take a while until all are encoded; meanwhile more can be attached for the next.
//
// Lives on the window's thread.
class Attachments : public QObject {
    Q_OBJECT

public:
    Attachments(Assistant* assistant, ui::AttachmentStrip* strip, QObject* parent = nullptr);

    // What the open model takes. The others wait until there is a model that takes them.
    void setSenses(const Senses& senses);

    void add(const MediaSource& source);
    void add(const ui::Sound& recording);
    void remove(int id);

    // Before what is in the strip.
    void putBack(const QVector<EncodedMedium>& media);

    // What was encoded by a model that is no more open must be encoded again.
    void forgetEncoded();

    bool isEmpty() const;  // the strip
    bool hasPictures() const;
    bool hasSounds() const;

    // Takes what is in the strip into a message. Then follows sendingChanged(), at once or not,
    // until isReadyToSend().
    void beginSending();
    bool isReadyToSend() const;
    double sendingProgress() const;
    bool isListening() const;  // what holds the message up is a sound
    QVector<ui::Medium> sendingMedia() const;

    // When ready: what the message shows and brings. It is the caller's now.
    QVector<EncodedMedium> takeSent();

    // Back into the strip. What is being encoded is given up until it is sent again.
    void cancelSending();

signals:
    void changed();  // whether the strip is empty
    void sendingChanged();
    void removed(const ui::Medium& medium);
    void failed(const app::Problem& problem, const QString& path);

private:
    // What the model makes of a medium, or of one clip of it.
    struct Encoding {
        int number = 0;
        double fraction = 0;
        bool isDone = false;
    };
    struct Attachment {
        int id = 0;
        int readJob = 0;  // until it has been read
        QString path;
        ui::Medium medium;
        QImage image;                     // of a picture that waits for the model
        std::vector<Encoding> encodings;  // since the model has been asked
        bool isSending = false;

        bool isEncoded() const;
        double fraction() const;
    };
    using Place = std::vector<Attachment>::iterator;

    void onRead(int job, const ReadMedium& result);
    void onReadProgressed(int job, double fraction);
    void onReadFailed(int job, const Problem& problem);
    void onProgressed(int number, double fraction);
    void onEncoded(int number);
    void onFailed(int number, const Problem& problem);

    void insert(Attachment attachment);
    void encode(Attachment& attachment);
    void encodeSound(Attachment& attachment, const ui::Sound& sound);
    void giveUp(Attachment& attachment);
    void drop(Place attachment);
    Place withJob(int job);
    Place withNumber(int number);
    Encoding& encodingOf(Attachment& attachment, int number);

    Assistant* m_assistant;
    ui::AttachmentStrip* m_strip;
    MediaReader m_reader;
    std::vector<Attachment> m_attachments;  // those being sent first
    Senses m_senses;
    int m_lastId = 0;
};

}  // namespace app
