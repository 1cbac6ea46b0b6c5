#include "app/evaluation/media.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/clip_encoding.h"
#include "app/picture_file.h"
#include "app/sound_file.h"
#include "engine/encoders.h"
#include "engine/model.h"

namespace app::evaluation {
namespace {

constexpr std::size_t kMostKept = 8;

}  // namespace

engine::Result<Media::Message> Media::encode(const ExampleTurn& turn, const std::stop_token& stop)
{
    Message message;
    for (const ExamplePart& part : turn.parts) {
        if (part.kind == ExamplePart::Kind::Text) {
            message.parts.emplace_back(part.text);
            continue;
        }
        ENGINE_TRY(Encoded encoded, find(part, stop));
        message.seconds += encoded.seconds;
        message.parts.emplace_back(std::move(encoded.tokens));
    }
    return message;
}

engine::Result<Media::Encoded> Media::find(const ExamplePart& part, const std::stop_token& stop)
{
    const auto known =
        std::find_if(m_encoded.begin(), m_encoded.end(),
                     [&](const Encoded& encoded) { return encoded.file == part.file; });
    if (known != m_encoded.end()) {
        std::rotate(m_encoded.begin(), known, known + 1);
        return m_encoded.front();
    }
    const auto start = std::chrono::steady_clock::now();
    ENGINE_TRY(auto tokens, part.kind == ExamplePart::Kind::Picture ? encodePicture(part.file, stop)
                                                                    : encodeSound(part.file, stop));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    m_encoded.push_front({part.file, std::move(tokens), seconds});
    if (m_encoded.size() > kMostKept)
        m_encoded.pop_back();
    return m_encoded.front();
}

engine::Result<engine::SoftTokens> Media::encodePicture(const std::filesystem::path& file,
                                                        const std::stop_token& stop) const
{
    if (!m_model->vision())
        return engine::Error{engine::ErrorCode::InvalidInput, m_model->info().visionHint};
    ENGINE_TRY(const engine::Image image, readPicture(file));
    return m_model->vision()->encode(image, 0, {}, stop);
}

engine::Result<engine::SoftTokens> Media::encodeSound(const std::filesystem::path& file,
                                                      const std::stop_token& stop) const
{
    if (!m_model->audio())
        return engine::Error{engine::ErrorCode::InvalidInput, m_model->info().audioHint};
    ENGINE_TRY(SoundFile sound, SoundFile::open(file));
    ENGINE_TRY(engine::AudioClip clip, engine::AudioClip::create(m_model->audio()));
    for (;;) {
        ENGINE_TRY(const std::vector<float> samples, sound.read());
        if (samples.empty())
            break;
        ENGINE_TRY_VOID(clip.push(samples, stop));
    }
    return finishClip(clip, *m_model->audio(), stop);
}

}  // namespace app::evaluation
