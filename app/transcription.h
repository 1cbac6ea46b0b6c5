#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "app/sound_file.h"
#include "app/speech_reader.h"
#include "app/transcript.h"
#include "engine/model.h"
#include "engine/result.h"
#include "engine/session.h"

namespace app {

// Writes down what is said in a file of any length: cut at its pauses, each clip is asked about in
// a session of its own, so that memory does not grow. Belongs to the thread of the model's device.
class Transcription {
public:
    // What Gemma 3n is asked with a clip.
    static constexpr const char* kPrompt = "Transcribe this audio.";

    // How long the session's context is, is not for `options` to say.
    // InvalidInput, with a sentence that says which file to add, where the model hears nothing.
    // Fails with OutOfMemory too.
    static engine::Result<Transcription> create(std::shared_ptr<const engine::Model> model,
                                                SoundFile file, std::string prompt = kPrompt,
                                                engine::SessionOptions options = {});

    // What one step brought.
    struct Step {
        std::optional<TranscriptCue> cue;
        bool isAtEnd = false;
    };

    // Goes on by one clip, or by a minute in which nobody speaks. Stopped, it fails with Cancelled,
    // or gives what it understood of a clip until then. A damaged file fails once what can be read
    // of it has been given.
    engine::Result<Step> next(const SpeechReader::Progress& progress, const std::stop_token& stop);

    // Read so far, and the whole length by the file's header, which may be wrong; 0 where it does
    // not say.
    std::chrono::milliseconds heard() const noexcept;
    std::chrono::milliseconds length() const noexcept;

private:
    Transcription(std::shared_ptr<const engine::Model> model, engine::Session session,
                  SpeechReader speech, std::string prompt);

    engine::Result<std::string> writeDown(std::span<const float> samples,
                                          const std::stop_token& stop);

    std::shared_ptr<const engine::Model> m_model;
    engine::Session m_session;
    SpeechReader m_speech;
    std::string m_prompt;
};

}  // namespace app
