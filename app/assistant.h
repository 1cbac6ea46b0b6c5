#pragma once

#include <QImage>
#include <QObject>
#include <QString>
#include <QVector>
#include <vector>

namespace app {

// A size that the open model can run in; see engine/size.h.
struct SizeSummary {
    QString name;
    quint64 parameters = 0;
    quint64 weightBytes = 0;    // that it uses
    quint64 bytesPerToken = 0;  // of weights
    double publishedMmlu = 0;   // percent; 0: not published
    QString refusal{};          // why it cannot be used, if so
};

// What the window shows of an open model.
struct ModelSummary {
    QString name;
    QString device;
    bool isDemonstration = false;
    bool isSoftwareDevice = false;
    quint32 contextLength = 0;  // tokens that one conversation may hold
    bool seesPictures = false;
    QString visionHint{};  // if not: a sentence that says which file to add
    bool hearsSound = false;
    QString audioHint{};                  // if not
    qint64 samplesPerClip = 0;            // 16 kHz: the most that it hears in one piece
    QVector<SizeSummary> sizes{};         // the whole model first
    QVector<SizeSummary> sizesBetween{};  // from the smallest to the whole; empty if it has but one
    QString sizesHint{};                  // a sentence where sizes are missing
};

// Where a model lies.
struct ModelFiles {
    QString model;      // a file or a folder
    QString encoder{};  // the file with its encoders; empty: looked for beside the model
};

// Why something could not be done. The sentence is for people, and says what to do.
struct Problem {
    enum class Kind {
        BadModel,
        BadInput,
        TooLong,  // a sound, for a message
        ContextFull,
        OutOfMemory,
        NoDevice,
        DeviceLost,
        Cancelled,
    };
    Kind kind = Kind::BadInput;
    QString sentence;
};

struct AnswerProgress {
    quint32 contextUsed = 0;
    double tokensPerSecond = 0;  // 0 until it can be told
    quint32 tokens = 0;          // of the answer, once it is complete
    bool isExact = true;         // false if it stands on what another size has read
};

enum class AnswerEnd { Complete, Stopped, TooLong, ContextFull };

// What is said in a part of a sound file.
struct WrittenCue {
    qint64 beginMs = 0;
    qint64 endMs = 0;
    QString text;
};

// What the controller needs of whoever answers. Calls return at once; what comes of them arrives as
// signals, on the caller's thread, with the number that the call returned. One load and one answer
// can be under way at a time.
class Assistant : public QObject {
    Q_OBJECT

public:
    enum class LoadMode {
        KeepCurrent,     // the open model stays until the new one is there
        ReleaseCurrent,  // frees its memory first
    };

    using QObject::QObject;

    // Opens the model. Its conversation is empty.
    virtual int load(const ModelFiles& files, LoadMode mode) = 0;

    // True if the load is given up: then nothing more is heard of it, and the model that was open
    // stays. False if it was too late.
    virtual bool cancelLoad() = 0;

    // Adds a message to the conversation and answers it. A model must be open. The media stand
    // before the text, in this order, and are numbers of what has been encoded. They may be used
    // again.
    virtual int ask(const QString& text, const QVector<int>& media) = 0;

    // Later answers are given at this size of the model. `readsAgain`: then the conversation is
    // read again at it, by the next ask() or listen(); otherwise it goes on with what the old size
    // has read. A message that is being heard keeps its size.
    virtual void setSize(const QString& name, bool readsAgain) = 0;

    // Has the last message answered with these words instead, from which the conversation goes on.
    virtual void replaceLastAnswer(const QString& text) = 0;

    // Lets the open model look at a picture, after everything asked before. Returns a number for
    // it. Opening another model forgets all media.
    virtual int encodePicture(const QImage& image) = 0;

    // Lets it hear a clip: 16 kHz, one channel, not longer than it hears in one piece.
    virtual int encodeSound(std::vector<float> samples) = 0;

    // Frees a medium, or gives it up if it is not yet encoded; then nothing more is heard of it.
    virtual void forgetMedium(int number) = 0;

    // Begins a message that is spoken, behind encoded pictures: it is read while it is heard. Until
    // it is answered or given up nothing else is asked. Returns the number of its answer.
    virtual int listen(const QVector<int>& pictures) = 0;

    // The next samples, 16 kHz mono, of at most ModelSummary::samplesPerClip in a clip;
    // `endsClip` with the last of one. Where they cannot be taken hearingFailed() follows.
    virtual void hear(const QVector<float>& samples, bool endsClip) = 0;

    // Ends it, with a text after what was said, and answers; what follows is as after ask().
    virtual void answerHeard(const QString& text) = 0;

    // Gives it up: the conversation is as before, and nothing more is heard of it.
    virtual void cancelListening() = 0;

    // Ends the answer under way; answered() or askFailed() follows.
    virtual void stop() = 0;

    virtual void newChat() = 0;

    // Forgets the last message that was read, and what was answered.
    virtual void forgetLastExchange() = 0;

    // Writes down what is said in a sound file, outside of the conversation, clip by clip: what is
    // asked meanwhile is answered between two clips. Returns a number for it. Several may be under
    // way at a time.
    virtual int transcribe(const QString& path) = 0;

    // Ends it, after what is written of the clip under way. Does nothing if it is over.
    virtual void stopTranscription(int number) = 0;

signals:
    void loadProgressed(int job, quint64 bytesDone, quint64 bytesTotal);
    void loaded(int job, const app::ModelSummary& model);
    void loadFailed(int job, const app::Problem& problem);

    // How much of the message has been read, in [0, 1].
    void messageProgressed(int job, double fraction);
    // The message is in the conversation; failures from here on leave it there.
    void messageRead(int job, const app::AnswerProgress& progress);
    void textArrived(int job, const QString& text, const app::AnswerProgress& progress);
    void answered(int job, app::AnswerEnd end, const app::AnswerProgress& progress);
    void askFailed(int job, const app::Problem& problem);

    // Nothing more is heard; what was heard before can be answered, or given up.
    void hearingFailed(int job, const app::Problem& problem);

    void mediumProgressed(int number, double fraction);
    void mediumEncoded(int number);
    void mediumFailed(int number, const app::Problem& problem);

    // How much of the sound has been heard, of its length; which is 0 where the file does not say.
    void transcriptionProgressed(int number, qint64 heardMs, qint64 lengthMs);
    void cueWritten(int number, const app::WrittenCue& cue);
    // One of these comes last: to the end or stopped, or not.
    void transcribed(int number, bool isComplete);
    void transcriptionFailed(int number, const app::Problem& problem);
};

}  // namespace app
