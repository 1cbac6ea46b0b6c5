#include "app/cli/pictures.h"

#include <string_view>
#include <utility>

#include "app/picture_file.h"

namespace app::cli {
namespace {

constexpr std::string_view kPlace = "<image>";

std::string counted(std::size_t count, const std::string& noun)
{
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

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

engine::Result<std::vector<std::string>> textsBetween(const std::string& prompt,
                                                      std::size_t pictures)
{
    std::vector<std::string> texts;
    std::size_t begin = 0;
    for (std::size_t place = prompt.find(kPlace); pictures > 0 && place != std::string::npos;
         place = prompt.find(kPlace, begin)) {
        texts.push_back(prompt.substr(begin, place - begin));
        begin = place + kPlace.size();
    }
    texts.push_back(prompt.substr(begin));
    const std::size_t places = texts.size() - 1;
    if (places != 0 && places != pictures)
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "The prompt has " + counted(places, "place") + " for <image>, and " +
                                 "--image is given " + counted(pictures, "time") + "."};
    return texts;
}

std::vector<engine::Part> toParts(const std::vector<std::string>& texts,
                                  const std::vector<engine::SoftTokens>& pictures)
{
    std::vector<engine::Part> parts;
    const std::size_t textsBefore = texts.size() - 1;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        if (i < textsBefore)
            parts.emplace_back(texts[i]);
        parts.emplace_back(pictures[i]);
    }
    parts.emplace_back(texts.back());
    return parts;
}

}  // namespace app::cli
