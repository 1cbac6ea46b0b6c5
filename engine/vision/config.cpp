#include <cmath>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/vision/sources.h"

namespace engine::vision {
namespace {

using nlohmann::json;

// What published files may leave out (spec 02 §1.1, §6, §9).
constexpr std::int64_t kSoftTokens = 256;
constexpr double kEpsilon = 1e-6;

// The last stage has 1/32 of the picture's pixels a side, the fused map 1/16.
constexpr std::int64_t kFusedStride = 16;

// Each soft token averages 3 × 3 pixels of the fused map at the published size of 768.
constexpr std::int64_t kPublishedPool = 3;

constexpr std::int64_t kMaxSide = 256;

struct Declared {
    std::optional<std::int64_t> imageSize, softTokens, endToken, firstToken;
    std::optional<double> epsilon;
};

// The whole number under a path of keys; nullopt where there is none.
std::optional<std::int64_t> integerAt(const json& object, std::initializer_list<const char*> path)
{
    const json* value = &object;
    for (const char* key : path) {
        if (!value->is_object() || !value->contains(key))
            return std::nullopt;
        value = &(*value)[key];
    }
    if (!value->is_number_integer())
        return std::nullopt;
    return value->get<std::int64_t>();
}

template <typename T>
std::optional<T> firstOf(std::initializer_list<std::optional<T>> choices)
{
    for (const auto& choice : choices) {
        if (choice)
            return choice;
    }
    return std::nullopt;
}

Declared readFolder(const file::ModelFiles& files)
{
    const json config = json::parse(files.configJson);
    const json preprocessor = files.preprocessorConfigJson.empty()
                                  ? json::object()
                                  : json::parse(files.preprocessorConfigJson);
    Declared declared;
    declared.imageSize =
        firstOf({integerAt(preprocessor, {"size", "height"}), integerAt(preprocessor, {"size"}),
                 integerAt(config, {"vision_config", "image_size"})});
    declared.softTokens = firstOf({integerAt(config, {"vision_soft_tokens_per_image"}),
                                   integerAt(preprocessor, {"image_seq_length"}),
                                   integerAt(config, {"soft_tokens"})});
    declared.endToken = integerAt(config, {"eoi_token_id"});
    declared.firstToken = integerAt(config, {"vision_config", "vocab_offset"});
    if (config.contains("vision_config") && config["vision_config"].is_object()) {
        const json& vision = config["vision_config"];
        if (vision.contains("rms_norm_eps") && vision["rms_norm_eps"].is_number())
            declared.epsilon = vision["rms_norm_eps"].get<double>();
    }
    return declared;
}

Declared readGguf(const file::ModelFiles& files)
{
    Declared declared;
    declared.imageSize = files.metadata.integer("clip.vision.image_size");
    declared.softTokens = files.metadata.integer("nestling.vision.soft_tokens_per_image");
    declared.epsilon = files.metadata.real("clip.vision.attention.layer_norm_epsilon");
    return declared;
}

Error invalid(const file::ModelFiles& files, const std::string& what)
{
    return {ErrorCode::InvalidFile, files.path.string() + ": " + what};
}

}  // namespace

Result<VisionConfig> readVisionConfig(const file::ModelFiles& files)
{
    const Declared declared =
        files.format == file::Format::Gguf ? readGguf(files) : readFolder(files);

    const std::int64_t softTokens = declared.softTokens.value_or(kSoftTokens);
    if (softTokens < 1 || softTokens > kMaxSide * kMaxSide)
        return invalid(files, "a picture cannot become " + std::to_string(softTokens) + " tokens.");
    const auto side = std::llround(std::sqrt(static_cast<double>(softTokens)));
    if (side * side != softTokens)
        return invalid(files, "the tokens of a picture form a square, and " +
                                  std::to_string(softTokens) + " do not.");

    const std::int64_t imageSize =
        declared.imageSize.value_or(side * kFusedStride * kPublishedPool);
    if (imageSize < 1 || imageSize > kMaxImageSize)
        return invalid(files,
                       "pictures cannot have " + std::to_string(imageSize) + " pixels a side.");

    const std::int64_t first = declared.firstToken.value_or(0);
    const std::int64_t end = declared.endToken.value_or(first);
    if (first < 0 || end < first || end - first > INT32_MAX)
        return invalid(files, "the token that ends a picture is outside the vision vocabulary.");

    const double epsilon = declared.epsilon.value_or(kEpsilon);
    if (!(epsilon > 0.0 && epsilon < 1.0))
        return invalid(files, "the epsilon of the vision norms is not between 0 and 1.");

    VisionConfig config;
    config.imageSize = static_cast<std::uint32_t>(imageSize);
    config.softTokens = static_cast<std::uint32_t>(softTokens);
    config.endRow = static_cast<std::uint32_t>(declared.firstToken ? end - first : 0);
    config.embedderEpsilon = static_cast<float>(epsilon);
    return config;
}

}  // namespace engine::vision
