#include "app/spoken_message.h"

#include <utility>

#include "app/clip_encoding.h"

namespace app {

engine::Result<SpokenMessage> SpokenMessage::begin(const engine::Model& model,
                                                   engine::Session& session,
                                                   const std::vector<engine::Part>& before,
                                                   const std::stop_token& stop)
{
    if (!model.audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model.info().audioHint};
    ENGINE_TRY(engine::OpenMessage message, session.begin());
    for (const engine::Part& part : before)
        ENGINE_TRY_VOID(message.add(part));
    SpokenMessage spoken(model.audio(), std::move(message));
    ENGINE_TRY_VOID(spoken.openClip());
    ENGINE_TRY_VOID(spoken.m_message.read(stop));
    return spoken;
}

SpokenMessage::SpokenMessage(std::shared_ptr<const engine::AudioEncoder> encoder,
                             engine::OpenMessage message)
    : m_encoder(std::move(encoder))
    , m_message(std::move(message))
{
}

engine::Result<void> SpokenMessage::hear(std::span<const float> samples, bool endsClip,
                                         const std::stop_token& stop)
{
    if (!m_clip)
        ENGINE_TRY_VOID(openClip());
    ENGINE_TRY_VOID(m_clip->push(samples, stop));
    if (endsClip) {
        ENGINE_TRY_VOID(endClip(stop));
    } else {
        ENGINE_TRY_VOID(m_message.hear(*m_clip));
    }
    return m_message.read(stop);
}

engine::Result<void> SpokenMessage::finish(const std::string& text, const std::stop_token& stop,
                                           const engine::ReadProgress& progress)
{
    if (m_clip)
        ENGINE_TRY_VOID(endClip(stop));
    ENGINE_TRY_VOID(m_message.add(text));
    return m_message.finish(stop, progress);
}

engine::Result<void> SpokenMessage::openClip()
{
    ENGINE_TRY(engine::AudioClip clip, engine::AudioClip::create(m_encoder));
    ENGINE_TRY_VOID(m_message.hear(clip));
    m_clip = std::move(clip);
    return {};
}

engine::Result<void> SpokenMessage::endClip(const std::stop_token& stop)
{
    if (m_clip->samples() == 0)
        return engine::Error{engine::ErrorCode::InvalidInput, "Nothing was heard."};
    ENGINE_TRY(const engine::SoftTokens sound, finishClip(*m_clip, *m_encoder, stop));
    ENGINE_TRY_VOID(m_message.add(sound));
    m_clip.reset();
    return {};
}

}  // namespace app
