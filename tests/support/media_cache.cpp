#include "tests/support/media_cache.h"

#include <utility>

#include "tests/support/picture.h"
#include "tests/support/wave_file.h"

namespace tests {

MediaCache::MediaCache(std::shared_ptr<const engine::Model> model, std::filesystem::path folder)
    : m_model(std::move(model))
    , m_folder(std::move(folder))
{
}

engine::Result<engine::SoftTokens> MediaCache::operator()(const CasePart& part)
{
    if (const auto known = m_encoded.find(part.text); known != m_encoded.end())
        return known->second;
    ENGINE_TRY(auto tokens, encode(part));
    m_encoded.emplace(part.text, tokens);
    return tokens;
}

engine::Result<engine::SoftTokens> MediaCache::encode(const CasePart& part) const
{
    const std::string path = (m_folder / part.text).string();
    if (part.kind == CasePart::Kind::Image && m_model->vision())
        return m_model->vision()->encode(readPicture(path), 0, {}, {});
    if (part.kind != CasePart::Kind::Audio || !m_model->audio())
        return engine::Error{engine::ErrorCode::InvalidInput, path + " cannot be encoded."};
    constexpr std::size_t kSilence = 3200;
    std::vector<float> samples = readWave(path);
    samples.resize(samples.size() + kSilence);
    ENGINE_TRY(auto clip, engine::AudioClip::create(m_model->audio()));
    ENGINE_TRY_VOID(clip.push(samples, {}));
    return clip.finish({});
}

}  // namespace tests
