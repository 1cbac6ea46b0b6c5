#include "tests/support/golden_picture.h"

#include <fstream>
#include <iterator>

#include <QTemporaryDir>
#include <nlohmann/json.hpp>

#include "tests/support/picture.h"
#include "tests/support/safetensors_reader.h"
#include "tests/support/seeded_folder.h"

namespace tests {
namespace {

using nlohmann::json;

json readConfig(const std::filesystem::path& folder)
{
    std::ifstream file(folder / "config.json");
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    return json::parse(text, nullptr, false);
}

GoldenPictures::Case readCase(const std::filesystem::path& folder, const json& description,
                              const SafetensorsReader& expected, const std::string& index)
{
    GoldenPictures::Case result;
    result.picture = readPicture((folder / std::string(description["picture"])).string());
    result.resized = readPicture((folder / std::string(description["resized"])).string());
    result.size = description["size"];
    result.softTokensEvery = description["soft_tokens_every"];
    result.features = expected.floats("features." + index);
    result.softTokens = expected.floats("soft_tokens." + index);
    for (const auto& [name, tensor] : expected.tensors()) {
        const std::string end = "." + index;
        if (name.rfind("block.", 0) == 0 && name.ends_with(end))
            result.blocks[name.substr(0, name.size() - end.size())] = expected.floats(name);
    }
    return result;
}

}  // namespace

engine::Result<GoldenPictures> readGoldenPictures(const std::filesystem::path& folder)
{
    const json config = readConfig(folder);
    if (!config.is_object() || !config.contains("vision_hidden_size"))
        return engine::Error{engine::ErrorCode::InvalidFile,
                             folder.string() + " holds no golden set of pictures."};
    ENGINE_TRY(const auto expected, SafetensorsReader::open(folder / "expected.safetensors"));
    GoldenPictures set;
    set.width = config["vision_hidden_size"];
    set.hidden = config["text_hidden_size"];
    set.softTokens = config["soft_tokens"];
    set.endOfImage = expected.floats("end_of_image");
    for (std::size_t i = 0; i < config["cases"].size(); ++i)
        set.cases.push_back(readCase(folder, config["cases"][i], expected, std::to_string(i)));
    return set;
}

GoldenEncoder readGoldenEncoder(const std::filesystem::path& folder)
{
    const json config = readConfig(folder);
    const json model = {{"model_type", "gemma3n"},
                        {"vision_soft_tokens_per_image", config["soft_tokens"]},
                        {"vision_config", {{"hidden_size", config["vision_hidden_size"]}}}};
    return {config["set"], model.dump(), readSeededTensors(config)};
}

engine::Result<std::shared_ptr<const engine::VisionEncoder>>
loadGoldenEncoder(std::shared_ptr<engine::Device> device, const std::filesystem::path& folder)
{
    const GoldenEncoder encoder = readGoldenEncoder(folder);
    const QTemporaryDir temporary;
    const std::filesystem::path target = temporary.path().toStdString();
    ENGINE_TRY_VOID(
        writeSeededFolder(encoder.name, encoder.tensors, false, encoder.configJson, target));
    return engine::VisionEncoder::load(std::move(device), target, {}, {});
}

}  // namespace tests
