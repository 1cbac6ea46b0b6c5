#include "tests/support/picture_cache.h"

#include <utility>

#include "tests/support/picture.h"

namespace tests {

PictureCache::PictureCache(std::shared_ptr<const engine::Model> model, std::filesystem::path folder)
    : m_model(std::move(model))
    , m_folder(std::move(folder))
{
}

engine::Result<engine::SoftTokens> PictureCache::operator()(const CasePart& part)
{
    if (const auto known = m_pictures.find(part.text); known != m_pictures.end())
        return known->second;
    if (part.kind != CasePart::Kind::Image || !m_model->vision())
        return engine::Error{engine::ErrorCode::InvalidInput, part.text + " cannot be encoded."};
    const engine::Image image = readPicture((m_folder / part.text).string());
    ENGINE_TRY(auto tokens, m_model->vision()->encode(image, 0, {}, {}));
    m_pictures.emplace(part.text, tokens);
    return tokens;
}

}  // namespace tests
