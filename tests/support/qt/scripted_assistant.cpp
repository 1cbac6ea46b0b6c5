#include "tests/support/qt/scripted_assistant.h"

namespace tests {

int ScriptedAssistant::load(const app::ModelFiles& files, LoadMode mode)
{
    calls << "load " + files.model + (files.encoder.isEmpty() ? "" : " with " + files.encoder);
    lastPath = files.model;
    lastMode = mode;
    return loadJob = ++m_lastJob;
}

bool ScriptedAssistant::cancelLoad()
{
    calls << "cancelLoad";
    return cancelSucceeds;
}

int ScriptedAssistant::ask(const QString& text, const QVector<int>& media)
{
    QStringList numbers;
    for (const int number : media)
        numbers << QString::number(number);
    calls << "ask " + text + (media.isEmpty() ? QString() : " [" + numbers.join(',') + "]");
    return answerJob = ++m_lastJob;
}

void ScriptedAssistant::setSize(const QString& name, bool readsAgain)
{
    calls << "setSize " + name + (readsAgain ? QString() : " keeping");
}

void ScriptedAssistant::replaceLastAnswer(const QString& text)
{
    calls << "replaceLastAnswer " + text;
}

int ScriptedAssistant::encodePicture(const QImage& image)
{
    lastPicture = image;
    mediumNumber = ++m_lastJob;
    calls << "encodePicture " + QString::number(mediumNumber);
    return mediumNumber;
}

int ScriptedAssistant::encodeSound(std::vector<float> samples)
{
    lastSound = std::move(samples);
    sounds.push_back(lastSound);
    mediumNumber = ++m_lastJob;
    calls << "encodeSound " + QString::number(mediumNumber);
    return mediumNumber;
}

void ScriptedAssistant::forgetMedium(int number)
{
    calls << "forgetMedium " + QString::number(number);
}

int ScriptedAssistant::listen(const QVector<int>& pictures)
{
    QStringList numbers;
    for (const int number : pictures)
        numbers << QString::number(number);
    calls << "listen [" + numbers.join(',') + "]";
    return answerJob = ++m_lastJob;
}

void ScriptedAssistant::hear(const QVector<float>& samples, bool endsClip)
{
    calls << "hear " + QString::number(samples.size()) + (endsClip ? " and end the clip" : "");
}

void ScriptedAssistant::answerHeard(const QString& text)
{
    calls << "answerHeard " + text;
}

void ScriptedAssistant::cancelListening()
{
    calls << "cancelListening";
}

void ScriptedAssistant::failHearing(app::Problem::Kind kind, const QString& sentence)
{
    emit hearingFailed(answerJob, {kind, sentence});
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

int ScriptedAssistant::transcribe(const QString& path)
{
    calls << QStringLiteral("transcribe %1").arg(path);
    transcriptionNumber = ++m_lastJob;
    return transcriptionNumber;
}

void ScriptedAssistant::stopTranscription(int number)
{
    calls << QStringLiteral("stop transcription %1").arg(number);
}

void ScriptedAssistant::finishLoad(const app::ModelSummary& model)
{
    emit loaded(loadJob, model);
}

void ScriptedAssistant::failLoad(app::Problem::Kind kind, const QString& sentence)
{
    emit loadFailed(loadJob, {kind, sentence});
}

void ScriptedAssistant::progressMessage(double fraction)
{
    emit messageProgressed(answerJob, fraction);
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

void ScriptedAssistant::progressMedium(double fraction)
{
    emit mediumProgressed(mediumNumber, fraction);
}

void ScriptedAssistant::finishMedium()
{
    emit mediumEncoded(mediumNumber);
}

void ScriptedAssistant::failMedium(app::Problem::Kind kind, const QString& sentence)
{
    emit mediumFailed(mediumNumber, {kind, sentence});
}

app::ModelSummary ScriptedAssistant::demonstrationModel()
{
    return {"nestling-demo", "Test device", true, true, 4096, true, {}, true, {}, kClipSamples};
}

app::ModelSummary ScriptedAssistant::nestedModel()
{
    app::ModelSummary model = demonstrationModel();
    const app::SizeSummary full{"full", 4'000'000, 8'000'000, 8'000'000};
    const app::SizeSummary half{"half", 2'000'000, 4'000'000, 4'000'000};
    const app::SizeSummary between{"75 %", 3'000'000, 6'000'000, 6'000'000};
    model.sizes = {full, half, {"wide", 0, 0, 0, 0, "Layer 0 is given too many neurons."}};
    model.sizesBetween = {half, between, full};
    return model;
}

app::ModelSummary ScriptedAssistant::blindModel()
{
    return {"gemma",
            "Test device",
            false,
            true,
            4096,
            false,
            "This model sees no pictures. Put its mmproj file beside it.",
            false,
            "This model hears no sound. Put its mmproj file beside it."};
}

}  // namespace tests
