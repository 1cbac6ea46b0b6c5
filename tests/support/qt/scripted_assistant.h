#pragma once

#include <QStringList>
#include <optional>

#include "app/assistant.h"

namespace tests {

// An Assistant that does what the test tells it, when the test tells it. Records what was asked.
class ScriptedAssistant : public app::Assistant {
    Q_OBJECT

public:
    using app::Assistant::Assistant;

    // What the controller called.
    int load(const app::ModelFiles& files, LoadMode mode) override;
    bool cancelLoad() override;
    int ask(const QString& text, const QVector<int>& media) override;
    void setSize(const QString& name, bool readsAgain) override;
    void replaceLastAnswer(const QString& text) override;
    int encodePicture(const QImage& image) override;
    int encodeSound(std::vector<float> samples) override;
    void forgetMedium(int number) override;
    int listen(const QVector<int>& pictures) override;
    void hear(const QVector<float>& samples, bool endsClip) override;
    void answerHeard(const QString& text) override;
    void cancelListening() override;
    void stop() override;
    void newChat() override;
    void forgetLastExchange() override;
    int transcribe(const QString& path) override;
    void stopTranscription(int number) override;

    // What the test lets happen.
    void finishLoad(const app::ModelSummary& model = demonstrationModel());
    void failLoad(app::Problem::Kind kind, const QString& sentence);
    void progressMessage(double fraction);
    void readMessage();
    void say(const QString& text);
    void finishAnswer(app::AnswerEnd end = app::AnswerEnd::Complete);
    void failAnswer(app::Problem::Kind kind, const QString& sentence);
    void failHearing(app::Problem::Kind kind, const QString& sentence);
    // readMessage(), say() and finishAnswer().
    void answer(const QString& text);

    // The last picture or sound that it was given.
    void progressMedium(double fraction);
    void finishMedium();
    void failMedium(app::Problem::Kind kind, const QString& sentence);

    static app::ModelSummary demonstrationModel();
    static app::ModelSummary blindModel();
    // With the sizes full and half, and 75 % between them.
    static app::ModelSummary nestedModel();
    static constexpr qint64 kClipSamples = 16000;  // of the demonstration model

    QStringList calls;  // "load /x.gguf", "ask hello [7]", "stop", ...
    QString lastPath;
    LoadMode lastMode = LoadMode::KeepCurrent;
    int loadJob = 0;
    int answerJob = 0;
    int mediumNumber = 0;
    int transcriptionNumber = 0;
    QImage lastPicture;
    std::vector<float> lastSound;
    std::vector<std::vector<float>> sounds;
    bool cancelSucceeds = true;
    app::AnswerProgress progress{12, 34.5};

private:
    int m_lastJob = 0;
};

}  // namespace tests
