#include "tests/support/qt/scripted_assistant.h"

namespace tests {

int ScriptedAssistant::load(const QString& path, LoadMode mode)
{
    calls << "load " + path;
    lastPath = path;
    lastMode = mode;
    return loadJob = ++m_lastJob;
}

bool ScriptedAssistant::cancelLoad()
{
    calls << "cancelLoad";
    return cancelSucceeds;
}

int ScriptedAssistant::ask(const QString& text)
{
    calls << "ask " + text;
    return answerJob = ++m_lastJob;
}

void ScriptedAssistant::stop()
{
    calls << "stop";
}

void ScriptedAssistant::newChat()
{
    calls << "newChat";
}

void ScriptedAssistant::forgetLastExchange()
{
    calls << "forgetLastExchange";
}

void ScriptedAssistant::finishLoad(const app::ModelSummary& model)
{
    emit loaded(loadJob, model);
}

void ScriptedAssistant::failLoad(app::Problem::Kind kind, const QString& sentence)
{
    emit loadFailed(loadJob, {kind, sentence});
}

void ScriptedAssistant::readMessage()
{
    emit messageRead(answerJob, {progress.contextUsed, 0});
}

void ScriptedAssistant::say(const QString& text)
{
    emit textArrived(answerJob, text, progress);
}

void ScriptedAssistant::finishAnswer(app::AnswerEnd end)
{
    emit answered(answerJob, end, progress);
}

void ScriptedAssistant::failAnswer(app::Problem::Kind kind, const QString& sentence)
{
    emit askFailed(answerJob, {kind, sentence});
}

void ScriptedAssistant::answer(const QString& text)
{
    readMessage();
    say(text);
    finishAnswer();
}

app::ModelSummary ScriptedAssistant::demonstrationModel()
{
    return {"nestling-demo", "Test device", true, true, 4096};
}

}  // namespace tests
