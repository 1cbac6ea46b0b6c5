#include "app/transcription.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "app/clip_encoding.h"
#include "app/speech_segmenter.h"
#include "engine/encoders.h"
#include "engine/message.h"

namespace app {
namespace {

constexpr std::uint64_t kRateHz = SoundFile::kSampleRateHz;

// Nobody says more than two tokens in the time of a row, 160 ms; a model that does repeats itself.
constexpr std::uint32_t kTokensPerRow = 2;

// For the prompt and the markup.
constexpr std::uint32_t kOtherTokens = 256;

std::chrono::milliseconds timeOf(std::uint64_t samples)
{
    return std::chrono::milliseconds(samples * 1000 / kRateHz);
}

}  // namespace

engine::Result<Transcription> Transcription::create(std::shared_ptr<const engine::Model> model,
                                                    SoundFile file, std::string prompt,
                                                    engine::SessionOptions options)
{
    if (!model->audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model->info().audioHint};
    const engine::AudioInfo& audio = model->audio()->info();
    if (audio.samplesPerClip < kRateHz)
        return engine::Error{engine::ErrorCode::UnsupportedModel,
                             model->info().name + " hears less than a second at a time, which is "
                                                  "too little to write down what is said."};
    options.contextLength = audio.softTokensPerClip * (1 + kTokensPerRow) + kOtherTokens;
    ENGINE_TRY(auto session, engine::Session::create(model, options));
    SpeechReader speech(std::move(file), audio.samplesPerClip - kSilenceAfterClip);
    return Transcription(std::move(model), std::move(session), std::move(speech),
                         std::move(prompt));
}

Transcription::Transcription(std::shared_ptr<const engine::Model> model, engine::Session session,
                             SpeechReader speech, std::string prompt)
    : m_model(std::move(model))
    , m_session(std::move(session))
    , m_speech(std::move(speech))
    , m_prompt(std::move(prompt))
{
}

engine::Result<Transcription::Step> Transcription::next(const SpeechReader::Progress& progress,
                                                        const std::stop_token& stop)
{
    Step step;
    ENGINE_TRY(const auto clip, m_speech.next(progress, stop));
    if (clip) {
        ENGINE_TRY(std::string text, writeDown(clip->samples, stop));
        if (text.find_first_not_of(" \t\r\n") != std::string::npos)
            step.cue = {timeOf(clip->speechBegin), timeOf(clip->speechEnd), std::move(text)};
    }
    step.isAtEnd = m_speech.isAtEnd();
    return step;
}

std::chrono::milliseconds Transcription::heard() const noexcept
{
    return timeOf(m_speech.samplesRead());
}

std::chrono::milliseconds Transcription::length() const noexcept
{
    constexpr double kLongest = 1.0e9;  // seconds; more is no recording, and a wrong header
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::min(m_speech.seconds(), kLongest) * 1000.0));
}

engine::Result<std::string> Transcription::writeDown(std::span<const float> samples,
                                                     const std::stop_token& stop)
{
    ENGINE_TRY(auto rows, encodeClip(*m_model, samples, {}, stop));
    const std::uint32_t mostTokens = rows.count() * kTokensPerRow;
    m_session.truncate(0);
    ENGINE_TRY_VOID(m_session.append({engine::Role::User, {std::move(rows), m_prompt}}, stop));
    ENGINE_TRY(engine::Reply reply,
               m_session.generate({.temperature = 0.0F, .maxTokens = mostTokens}, {}, stop));
    if (reply.finish == engine::Finish::Stopped && reply.text.empty())
        return engine::Error{engine::ErrorCode::Cancelled, "Stopped."};
    return std::move(reply.text);
}

}  // namespace app
