#include "app/cli/pictures.h"

#include <utility>

#include "app/picture_file.h"

namespace app::cli {
engine::Result<std::vector<engine::Image>>
readPictures(const std::vector<std::filesystem::path>& files)
{
    std::vector<engine::Image> images;
    for (const std::filesystem::path& file : files) {
        ENGINE_TRY(auto image, readPicture(file));
        images.push_back(std::move(image));
    }
    return images;
}

engine::Result<engine::SoftTokens>
encodePicture(const engine::Model& model, const engine::Image& image, const std::stop_token& stop)
{
    if (!model.vision())
        return engine::Error{engine::ErrorCode::InvalidInput, model.info().visionHint};
    return model.vision()->encode(image, 0, {}, stop);
}

}  // namespace app::cli
