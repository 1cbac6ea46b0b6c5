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
    int load(const QString& path, LoadMode mode) override;
    bool cancelLoad() override;
    int ask(const QString& text) override;
    void stop() override;
    void newChat() override;
    void forgetLastExchange() override;

    // What the test lets happen.
    void finishLoad(const app::ModelSummary& model = demonstrationModel());
    void failLoad(app::Problem::Kind kind, const QString& sentence);
    void readMessage();
    void say(const QString& text);
    void finishAnswer(app::AnswerEnd end = app::AnswerEnd::Complete);
    void failAnswer(app::Problem::Kind kind, const QString& sentence);
    // readMessage(), say() and finishAnswer().
    void answer(const QString& text);

    static app::ModelSummary demonstrationModel();

    QStringList calls;  // "load /x.gguf", "ask hello", "stop", ...
    QString lastPath;
    LoadMode lastMode = LoadMode::KeepCurrent;
    int loadJob = 0;
    int answerJob = 0;
    bool cancelSucceeds = true;
    app::AnswerProgress progress{12, 34.5};

private:
    int m_lastJob = 0;
};

}  // namespace tests
