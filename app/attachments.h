#pragma once

#include <QObject>
#include <QVector>
#include <vector>

#include "app/assistant.h"
#include "app/picture_reader.h"
#include "ui/picture.h"

namespace ui {
class AttachmentStrip;
}

namespace app {

// A picture that the open model has looked at.
struct SeenPicture {
    ui::Picture picture;
    int number = 0;  // as the assistant counts them
};

// The pictures on their way into a message. Each is read, then the model looks at it, all while
// the person still types. When the message is sent its pictures leave the strip, and may take a
// while until all are seen; meanwhile more can be attached for the next.
//
// Lives on the window's thread.
class Attachments : public QObject {
    Q_OBJECT

public:
    Attachments(Assistant* assistant, ui::AttachmentStrip* strip, QObject* parent = nullptr);

    // Whether a model is open that can look at pictures. Pictures wait until there is one.
    void setCanSee(bool can);

    void add(const ui::GivenPictures& given);
    void remove(int id);

    // Before what is in the strip.
    void putBack(const QVector<SeenPicture>& pictures);

    // What was seen by a model that is no more open must be looked at again.
    void forgetSeen();

    bool isEmpty() const;  // the strip

    // Takes what is in the strip into a message. Then follows sendingChanged(), at once or not,
    // until isReadyToSend().
    void beginSending();
    bool isReadyToSend() const;
    double sendingProgress() const;
    QVector<ui::Picture> sendingPictures() const;

    // When ready: what the message shows and brings. It is the caller's now.
    QVector<SeenPicture> takeSent();

    // Back into the strip. What is being looked at is given up until it is sent again.
    void cancelSending();

signals:
    void changed();  // whether the strip is empty
    void sendingChanged();
    void failed(const app::Problem& problem);

private:
    struct Attachment {
        int id = 0;
        int readJob = 0;  // until it has been read
        ReadPicture read;
        int number = 0;  // since the model has been asked to look at it
        double fraction = 0;
        bool isSeen = false;
        bool isSending = false;
    };

    void onRead(int job, const ReadPicture& result);
    void onReadFailed(int job, const QString& sentence);
    void onProgressed(int number, double fraction);
    void onEncoded(int number);
    void onFailed(int number, const Problem& problem);

    void addFrom(const PictureSource& source);
    void look(Attachment& attachment);
    void giveUp(Attachment& attachment);
    void drop(std::vector<Attachment>::iterator attachment);
    std::vector<Attachment>::iterator withNumber(int number);

    Assistant* m_assistant;
    ui::AttachmentStrip* m_strip;
    PictureReader m_reader;
    std::vector<Attachment> m_attachments;  // those being sent first
    bool m_canSee = false;
    int m_lastId = 0;
};

}  // namespace app
