#include <algorithm>

#include "app/cli/commands.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "engine/model.h"

namespace app::cli {
namespace {

Json toJson(const engine::ModelSizes& sizes)
{
    Json list = Json::array();
    for (const engine::SizeInfo& info : sizes.sizes) {
        Json size = {{"name", info.size.name},
                     {"ffn", info.size.ffnWidths},
                     {"skip", info.size.skippedLayers},
                     {"refusal", info.refusal}};
        if (info.refusal.empty())
            size.update({{"parameters", info.parameters},
                         {"share", info.share},
                         {"weight_bytes", info.weightBytes},
                         {"weight_bytes_per_token", info.weightBytesPerToken}});
        if (info.publishedMmlu > 0.0)
            size["published_mmlu"] = info.publishedMmlu;
        list.push_back(std::move(size));
    }
    return {{"nested", sizes.isNested},
            {"hint", sizes.hint},
            {"smallest_share", sizes.smallestShare},
            {"list", list}};
}

Json toJson(const engine::ModelInfo& info)
{
    Json tensors = Json::array();
    for (const engine::TensorTypeUse& use : info.tensors)
        tensors.push_back({{"type", use.type}, {"tensors", use.tensors}, {"bytes", use.bytes}});
    return {{"name", info.name},
            {"architecture", info.architecture},
            {"is_demonstration", info.isDemonstration},
            {"layers", info.layers},
            {"hidden_size", info.hiddenSize},
            {"context_length", info.contextLength},
            {"vocabulary_size", info.vocabularySize},
            {"parameters", info.parameters},
            {"file_bytes", info.fileBytes},
            {"tensors", tensors},
            {"memory",
             {{"device_weight_bytes", info.deviceWeightBytes},
              {"per_layer_embedding_bytes", info.perLayerEmbeddingBytes},
              {"kv_bytes_at_full_context", info.kvBytesAtFullContext}}},
            {"sizes", toJson(info.sizes)},
            {"has_tokenizer", info.hasTokenizer},
            {"vision",
             {{"present", info.hasVision},
              {"path", info.visionPath.string()},
              {"image_size", info.imageSize},
              {"image_tokens", info.imageTokens},
              {"hint", info.visionHint}}},
            {"audio",
             {{"present", info.hasAudio},
              {"path", info.audioPath.string()},
              {"audio_tokens", info.audioTokens},
              {"hint", info.audioHint}}},
            {"missing", info.missing}};
}

// "label           value"
std::string row(const std::string& label, const std::string& value)
{
    constexpr std::size_t kLabelWidth = 22;
    std::string text = label;
    text.resize(std::max(kLabelWidth, label.size() + 1), ' ');
    return text + value + "\n";
}

std::string picturesText(const engine::ModelInfo& info)
{
    if (!info.hasVision)
        return "no";
    const std::string side = std::to_string(info.imageSize);
    return side + " × " + side + " pixels, " + std::to_string(info.imageTokens) +
           " tokens each, by " + info.visionPath.filename().string();
}

std::string soundText(const engine::ModelInfo& info)
{
    if (!info.hasAudio)
        return "no";
    return "up to " + std::to_string(info.audioTokens) + " tokens a clip, by " +
           info.audioPath.filename().string();
}

// What each size has and reads, one a line.
std::string sizesText(const engine::ModelSizes& sizes)
{
    std::string text;
    for (const engine::SizeInfo& info : sizes.sizes) {
        const std::string label = "size " + info.size.name;
        if (!info.refusal.empty()) {
            text += row(label, "cannot be used: " + info.refusal);
            continue;
        }
        std::string what = decimalText(static_cast<double>(info.parameters) / 1e6, 1) +
                           " M parameters, uses " + bytesText(info.weightBytes) + ", reads " +
                           bytesText(info.weightBytesPerToken) + " a token";
        if (info.publishedMmlu > 0.0)
            what += ", MMLU " + decimalText(info.publishedMmlu, 1) + " % (published)";
        text += row(label, what);
    }
    if (!sizes.hint.empty())
        text += row("", sizes.hint);
    return text;
}

std::string toText(const engine::ModelInfo& info)
{
    std::string text = row("name", info.name) + row("architecture", info.architecture) +
                       row("layers", std::to_string(info.layers)) +
                       row("hidden size", std::to_string(info.hiddenSize)) +
                       row("context", std::to_string(info.contextLength) + " tokens") +
                       row("vocabulary", std::to_string(info.vocabularySize)) +
                       row("parameters", std::to_string(info.parameters)) +
                       row("size on disk", bytesText(info.fileBytes)) +
                       row("weights on device", bytesText(info.deviceWeightBytes)) +
                       row("stays in the file", bytesText(info.perLayerEmbeddingBytes)) +
                       row("cache, full context", bytesText(info.kvBytesAtFullContext)) +
                       row("tokenizer", info.hasTokenizer ? "yes" : "no") +
                       row("pictures", picturesText(info)) + row("sound", soundText(info));
    text += sizesText(info.sizes);
    for (const engine::TensorTypeUse& use : info.tensors) {
        text += row(use.type, std::to_string(use.tensors) + " tensors, " + bytesText(use.bytes));
    }
    if (!info.visionHint.empty())
        text += row("", info.visionHint);
    if (!info.audioHint.empty())
        text += row("", info.audioHint);
    for (const std::string& sentence : info.missing)
        text += row("missing", sentence);
    return text;
}

}  // namespace

engine::Result<void> runInspect(const CommonOptions& common, const InspectOptions& options)
{
    ENGINE_TRY(const engine::ModelInfo info, engine::Model::inspect(modelPaths(common)));
    print(options.asJson ? indented(toJson(info)) : toText(info));
    if (!info.missing.empty())
        return engine::Error{engine::ErrorCode::InvalidFile, info.missing.front()};
    return {};
}

}  // namespace app::cli
