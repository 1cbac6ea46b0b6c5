#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/open_message.h"
#include "engine/result.h"
#include "engine/session.h"

namespace app {

// A message that is spoken: its clips go into the conversation while they are heard. Belongs to the
// thread of its session, which must outlive it. Destroyed before finish(), it leaves the session as
// it was.
class SpokenMessage {
public:
    // Behind these parts, which are read at once, up to the first sample. Fails as
    // engine::OpenMessage does; InvalidInput, with a sentence that says which file to add, where
    // the model has no encoder for sound.
    static engine::Result<SpokenMessage> begin(const engine::Model& model, engine::Session& session,
                                               const std::vector<engine::Part>& before,
                                               const std::stop_token& stop);

    // The next samples, 16 kHz mono. With the last of a clip, silence follows, so that its last
    // phoneme is heard; what comes after it is another. Where another does not fit, ContextFull:
    // what was heard before can be answered.
    engine::Result<void> hear(std::span<const float> samples, bool endsClip,
                              const std::stop_token& stop);

    // Ends the clip, and the message with this text after what was said, which may be empty. Fails
    // as engine::OpenMessage does, and with InvalidInput where nothing was heard; it may be tried
    // again.
    engine::Result<void> finish(const std::string& text, const std::stop_token& stop,
                                const engine::ReadProgress& progress = {});

private:
    SpokenMessage(std::shared_ptr<const engine::AudioEncoder> encoder, engine::OpenMessage message);

    engine::Result<void> openClip();
    engine::Result<void> endClip(const std::stop_token& stop);

    std::shared_ptr<const engine::AudioEncoder> m_encoder;
    engine::OpenMessage m_message;
    std::optional<engine::AudioClip> m_clip;  // in the message, and not over
};

}  // namespace app
