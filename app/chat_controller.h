#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <vector>

#include "app/assistant.h"
#include "app/attachments.h"
#include "app/media_output.h"
#include "app/size_chooser.h"
#include "app/sound_output.h"
#include "app/sound_player.h"
#include "ui/notice_bar.h"

namespace ui {
class ConversationModel;
class MainWindow;
}  // namespace ui

namespace app {

// Turns what people do in the window into calls of an Assistant, and what it says into rows of the
// conversation and states of the window. Lives on the window's thread and never waits. What a
// person typed is never lost: text that could not be sent goes back to where it was written.
class ChatController : public QObject {
    Q_OBJECT

public:
    ChatController(Assistant* assistant, ui::MainWindow* window,
                   ui::ConversationModel* conversation, const QString& embeddedModel,
                   std::unique_ptr<SoundOutput> speaker, QObject* parent = nullptr);

    void load(const QString& path);
    // Opens the model again, with the encoders of this file.
    void loadEncoder(const QString& path);
    void cancelLoad();
    // With what is attached, once the model has looked at it or heard it.
    void send(const QString& text);
    void attach(const ui::GivenMedia& given);
    // A recording.
    void attach(const ui::Sound& sound);

    // A message that is spoken, with what is attached: goes to the model while it is said. Returns
    // how many samples it takes in a clip; none, and shows why, if nothing can be said now.
    std::optional<quint64> beginSpeech();
    // Samples of a clip, and whether it ends with them: see SpokenTurn.
    void hear(const QVector<float>& samples, bool endsClip);
    // It is over: all of it, which is sent with what is written; kept as an attachment; or given
    // up, and the chat is as before.
    void sendSpeech(const ui::Sound& sound);
    void keepSpeech(const ui::Sound& sound);
    void cancelSpeech();

    void stop();
    void newChat();
    void answerAgain();
    // The earlier answer is kept beside the new one.
    void answerAgainAt(const QString& size);
    void editLast();
    void stepVersion(int row, int step);
    SizeChooser& sizes() { return m_sizes; }
    void apply(ui::Remedy remedy);

    bool isLoading() const { return m_loadJob.has_value(); }
    bool isAnswering() const { return m_answerJob.has_value() || m_isEncoding; }

signals:
    void modelOpened(const QString& path);
    void answerFinished();
    // The model can hear no more; what it heard can be sent.
    void speechRefused();
    // What is being said belongs to nothing any more.
    void speechForgotten();
    // A sound that is too long for a message is to be written down instead.
    void transcriptRequested(const QString& path);
    void problemShown(const app::Problem& problem);

private:
    void onLoadProgressed(int job, quint64 bytesDone, quint64 bytesTotal);
    void onLoaded(int job, const ModelSummary& model);
    void onLoadFailed(int job, const Problem& problem);
    void onMessageProgressed(int job, double fraction);
    void onMessageRead(int job, const AnswerProgress& progress);
    void onTextArrived(int job, const QString& text, const AnswerProgress& progress);
    void onAnswered(int job, AnswerEnd end, const AnswerProgress& progress);
    void onAskFailed(int job, const Problem& problem);
    void onHearingFailed(int job, const Problem& problem);
    void onListeningFailed();
    void onSendingChanged();
    void onAttachmentFailed(const Problem& problem, const QString& path);

    void open(const ModelFiles& files, Assistant::LoadMode mode);
    void connectWindow();
    void connectAssistant();
    void begin(const QString& text, const QVector<ui::Medium>& media);
    void ask(const QString& text, const QVector<EncodedMedium>& media);
    // Before the model reads a message: it goes on from the answer that is shown, at the chosen
    // size.
    void prepareAnswer();
    void forget(const QVector<EncodedMedium>& media);
    // Why the open model takes no such media, if so: a sentence that says which file to add.
    QString hintFor(bool isSound) const;
    // Gives the message under way back to where it was written.
    void takeBackMessage();
    // Takes the last message and its answer out of the window, and out of the model, which has
    // read them.
    struct EncodedMessage {
        QString text;
        QVector<EncodedMedium> media;
    };
    EncodedMessage takeLastExchange();
    QString takeLastMessage();  // and its answer, out of the window only
    void forgetExchanges();
    void forgetModel();
    void forgetSpeech();
    void finishAnswer();
    void updateMode();
    void showProgress(const AnswerProgress& progress);
    void showWelcome();
    void showProblem(const Problem& problem, const QVector<ui::Remedy>& remedies);
    QString mediaInvitation() const;
    QString titleOf(const QString& path) const;

    Assistant* m_assistant;
    ui::MainWindow* m_window;
    ui::ConversationModel* m_conversation;
    QString m_embeddedModel;
    Attachments m_attachments;
    MediaOutput m_mediaOutput;
    SoundPlayer m_player;
    SizeChooser m_sizes;

    std::optional<ModelSummary> m_model;
    ModelFiles m_modelFiles;
    ModelFiles m_loadingFiles;
    std::optional<int> m_loadJob;
    std::optional<int> m_answerJob;
    // A message that waits until what it brings has been encoded.
    bool m_isEncoding = false;
    QVector<EncodedMedium> m_sentMedia;
    QString m_refusedFile;  // the last that could not be attached
    // A message that is being spoken, and what goes before it if the model hears it meanwhile.
    bool m_isHearing = false;
    std::optional<int> m_listenJob;
    QVector<EncodedMedium> m_heardMedia;
    Problem m_hearingProblem;
    bool m_messageRead = false;
    bool m_isStopping = false;
    // Another answer to the last message than the one that the model gave last.
    std::optional<QString> m_chosenAnswer;
    // The messages that the model has read since its conversation began.
    struct Exchange {
        int row = 0;
        QVector<EncodedMedium> media;
    };
    std::vector<Exchange> m_exchanges;
};

}  // namespace app
