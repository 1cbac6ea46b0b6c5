#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/decoder/declared_config.h"
#include "engine/decoder/tensor_names.h"

namespace engine::decoder {

namespace {

// Reads keys of one architecture. The first thing that is wrong is kept; what is read after it does
// not count.
class Reader {
public:
    Reader(const file::ModelFiles& files, std::string prefix)
        : m_files(files)
        , m_metadata(files.metadata)
        , m_prefix(std::move(prefix))
    {
    }

    // The first of `names` (without the architecture) that the file has. Without a fallback one
    // must be there.
    DeclaredInteger integer(std::initializer_list<std::string_view> names,
                            std::optional<std::int64_t> fallback = std::nullopt)
    {
        const std::string key = firstPresent(names);
        if (!isPresent(key))
            return {orMissing(fallback, key), key};
        const auto value = m_metadata.integer(key);
        return {orWrong(value, key, "is not a number"), key};
    }

    DeclaredReal real(std::initializer_list<std::string_view> names,
                      std::optional<double> fallback = std::nullopt)
    {
        const std::string key = firstPresent(names);
        if (!isPresent(key))
            return {orMissing(fallback, key), key};
        return {orWrong(m_metadata.real(key), key, "is not a number"), key};
    }

    // The full name of the first of `names` that the file has, or of the first.
    std::string firstPresent(std::initializer_list<std::string_view> names) const
    {
        for (const std::string_view name : names) {
            if (std::string key = m_prefix + std::string(name); isPresent(key))
                return key;
        }
        return m_prefix + std::string(*names.begin());
    }

    bool isPresent(std::string_view key) const { return m_metadata.values.contains(key); }

    void fail(const std::string& key, const std::string& what)
    {
        if (!m_error)
            m_error = Error{ErrorCode::InvalidFile,
                            m_files.path.string() + ": the key " + key + " " + what + "."};
    }

    const std::optional<Error>& error() const noexcept { return m_error; }
    const file::Metadata& metadata() const noexcept { return m_metadata; }

    template <typename T>
    T orWrong(std::optional<T> value, const std::string& key, const std::string& what)
    {
        if (!value)
            fail(key, what);
        return value.value_or(T{});
    }

private:
    template <typename T>
    T orMissing(std::optional<T> fallback, const std::string& key)
    {
        return orWrong(fallback, key, "is missing");
    }

    const file::ModelFiles& m_files;
    const file::Metadata& m_metadata;
    std::string m_prefix;
    std::optional<Error> m_error;
};

// Rows of a tensor, 0 if there is none.
std::int64_t rowsOf(const file::ModelFiles& files, const std::string& name)
{
    const file::StoredTensor* tensor = files.tensors.find(name);
    return tensor == nullptr || tensor->shape.empty()
               ? 0
               : static_cast<std::int64_t>(tensor->shape.front());
}

// Where the pieces for people end and the placeholders for pictures and sound begin. No key says
// so. In Gemma 3n files that keep the placeholders, `<end_of_image>` and `<image_soft_token>` are
// the first two ids of the vision vocabulary (262144 and 262145). In Gemma 3 files `<end_of_image>`
// is an ordinary piece (256000) and the vision vocabulary is `<image_soft_token>` alone (262144):
// it begins with `<end_of_image>` only where the two are neighbours. Converters of June 2025 cut
// the list at its end: nothing to find. Pieces that fill up the list are never sampled either.
std::int64_t textPieces(const file::Metadata& metadata, std::int64_t vocabularySize)
{
    const auto* tokens = metadata.texts("tokenizer.ggml.tokens");
    if (tokens == nullptr || tokens->empty())
        return vocabularySize;

    constexpr std::int64_t kUnused = 5;  // the type of `[PADn]`
    const auto types = metadata.integers("tokenizer.ggml.token_type");
    std::size_t end = std::min(tokens->size(), static_cast<std::size_t>(vocabularySize));
    const auto soft = std::find(tokens->begin(), tokens->end(), "<image_soft_token>");
    end = std::min(end, static_cast<std::size_t>(soft - tokens->begin()));
    if (soft != tokens->end() && end > 1 && (*tokens)[end - 1] == "<end_of_image>")
        --end;
    while (types && types->size() == tokens->size() && end > 1 && (*types)[end - 1] == kUnused)
        --end;
    return static_cast<std::int64_t>(end);
}

// Ids for pictures or sound: the start is a piece, and those beyond the text begin with the end.
// Files that cut them off mean them all the same (spec 01 §6.6).
DeclaredMedia mediaOf(const file::Metadata& metadata, const char* start, std::int64_t firstId)
{
    const std::string key = "tokenizer.ggml.tokens";
    DeclaredMedia media;
    const auto* tokens = metadata.texts(key);
    if (tokens == nullptr)
        return media;
    const auto found = std::find(tokens->begin(), tokens->end(), start);
    if (found == tokens->end())
        return media;
    media.start = {found - tokens->begin(), key};
    media.end = {firstId, key};
    media.soft = {firstId + 1, key};
    return media;
}

// The declared end, and Gemma's two, whichever of them the file names. Never `</s>`, a tag of
// strikethrough text that some converters take for an end.
std::vector<std::int64_t> endTokensOf(const file::Metadata& metadata)
{
    std::vector<std::int64_t> ids;
    for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"}) {
        if (const auto id = metadata.integer(key))
            ids.push_back(*id);
    }
    if (const auto* tokens = metadata.texts("tokenizer.ggml.tokens")) {
        for (const char* piece : {"<eos>", "<end_of_turn>"}) {
            const auto found = std::find(tokens->begin(), tokens->end(), piece);
            if (found != tokens->end())
                ids.push_back(found - tokens->begin());
        }
        std::erase_if(ids, [&](std::int64_t id) {
            return id >= 0 && id < static_cast<std::int64_t>(tokens->size()) &&
                   (*tokens)[static_cast<std::size_t>(id)] == "</s>";
        });
    }
    return ids;
}

void readLayerLists(Reader& reader, DeclaredConfig& config)
{
    const auto layers =
        static_cast<std::size_t>(std::clamp<std::int64_t>(config.layers.value, 0, kMaxLayers));
    const auto& metadata = reader.metadata();
    const bool isGemma3n = config.architecture == Architecture::Gemma3n;

    config.ffnWidthsKey = reader.firstPresent({"feed_forward_length"});
    config.ffnWidths = reader.orWrong(metadata.integers(config.ffnWidthsKey), config.ffnWidthsKey,
                                      "is missing or not a list of numbers");
    if (config.ffnWidths.size() == 1)
        config.ffnWidths.resize(layers, config.ffnWidths.front());

    config.slidingKey = reader.firstPresent({"attention.sliding_window_pattern"});
    std::int64_t period = isGemma3n ? kPeriodGemma3n : kPeriodGemma3;
    config.isSliding = slidingByPeriod(config.layers.value, period);
    if (reader.isPresent(config.slidingKey)) {
        // A list of truths, or the length of the period. A list of one is a list.
        const auto& value = metadata.values.find(config.slidingKey)->second;
        if (std::holds_alternative<std::int64_t>(value) ||
            std::holds_alternative<std::uint64_t>(value)) {
            period = metadata.integer(config.slidingKey).value_or(-1);
            if (period < 0)
                reader.fail(config.slidingKey, "is not a period");
            config.isSliding =
                slidingByPeriod(config.layers.value, std::max<std::int64_t>(period, 0));
        } else {
            config.isSliding = reader.orWrong(metadata.booleans(config.slidingKey),
                                              config.slidingKey, "is not a list of truth values");
        }
    }

    config.sparsityKey = reader.firstPresent({"activation_sparsity_scale"});
    config.sparsityMultipliers.assign(layers, 0.0);
    if (isGemma3n && reader.isPresent(config.sparsityKey)) {
        config.sparsityMultipliers = reader.orWrong(metadata.reals(config.sparsityKey),
                                                    config.sparsityKey, "is not a list of numbers");
        for (double& multiplier : config.sparsityMultipliers) {
            if (!std::isfinite(multiplier))
                multiplier = 0.0;  // −∞ cuts nothing off
        }
    } else if (isGemma3n) {
        std::fill_n(config.sparsityMultipliers.begin(),
                    std::min<std::size_t>(layers, kSparseLayers), kSparsityMultiplier);
    }
}

void readGemma3n(Reader& reader, const file::ModelFiles& files, DeclaredConfig& config)
{
    config.hiddenSize = reader.integer({"embedding_length"}, 2048);
    config.heads = reader.integer({"attention.head_count"}, 8);
    config.kvHeads = reader.integer({"attention.head_count_kv"}, 2);
    config.finalLogitSoftcap = reader.real({"final_logit_softcapping"}, 30.0);
    config.attentionScale = {1.0, "attention scale"};
    config.altupInputs = reader.integer({"altup.num_inputs"}, 4);
    config.altupActiveIndex = reader.integer({"altup.active_idx"}, 0);
    config.altupCoefClip = reader.real({"altup.coef_clip"}, 120.0);
    config.perLayerInputSize = reader.integer({"embedding_length_per_layer_input"}, 256);

    // The first twenty layers own keys and values in both published sizes.
    config.sharedKvLayers = reader.integer({"attention.shared_kv_layers"},
                                           std::max<std::int64_t>(config.layers.value - 20, 0));
    const std::string laurel = TensorNames(files).layer(0, "laurel.linear_left.weight");
    const std::int64_t rank = rowsOf(files, laurel);
    config.laurelRank = {rank != 0 ? rank : 64, laurel};
}

void readGemma3(Reader& reader, DeclaredConfig& config)
{
    config.hiddenSize = reader.integer({"embedding_length"});
    config.heads = reader.integer({"attention.head_count"});
    config.kvHeads = reader.integer({"attention.head_count_kv"}, config.heads.value);
    config.finalLogitSoftcap = reader.real({"final_logit_softcapping"}, 0.0);
}

// Of Gemma 3 sizes only 27B (62 layers) scales by the width of a head's share of the hidden size
// and not by its own; files do not say so.
double gemma3AttentionScale(const DeclaredConfig& config)
{
    constexpr std::int64_t kLayers27B = 62;
    if (config.layers.value == kLayers27B)
        return std::sqrt(static_cast<double>(config.heads.value) /
                         static_cast<double>(config.hiddenSize.value));
    return 1.0 / std::sqrt(static_cast<double>(config.headDim.value));
}

void readRope(Reader& reader, DeclaredConfig& config)
{
    config.ropeThetaFull = reader.real({"rope.freq_base", "rope.global.freq_base"}, 1e6);
    config.ropeThetaSliding =
        reader.real({"rope.freq_base_swa", "rope.freq_base_local", "rope.local.freq_base"}, 1e4);
    config.ropeScaleFull = reader.real({"rope.scaling.factor"}, 1.0);
    const std::string typeKey = reader.firstPresent({"rope.scaling.type"});
    if (!reader.isPresent(typeKey))
        return;
    const std::string type = reader.metadata().text(typeKey).value_or("");
    if (type == "none")
        config.ropeScaleFull.value = 1.0;
    else if (type != "linear")
        reader.fail(typeKey, "is '" + type + "'; only linear scaling is supported");
}

}  // namespace

Result<DeclaredConfig> readGgufConfig(const file::ModelFiles& files)
{
    const auto architecture = files.metadata.text("general.architecture");
    if (!architecture)
        return Error{ErrorCode::InvalidFile,
                     files.path.string() + ": the key general.architecture is missing."};
    if (architecture != "gemma3n" && architecture != "gemma3")
        return Error{ErrorCode::UnsupportedModel,
                     files.path.string() + " holds a model of architecture '" + *architecture +
                         "'; only gemma3n and gemma3 are supported."};

    DeclaredConfig config;
    config.architecture = architecture == "gemma3n" ? Architecture::Gemma3n : Architecture::Gemma3;
    config.source = files.path.string();
    Reader reader(files, *architecture + ".");
    config.layers = reader.integer({"block_count"});
    if (config.architecture == Architecture::Gemma3n)
        readGemma3n(reader, files, config);
    else
        readGemma3(reader, config);

    const TensorNames names(files);
    const std::int64_t headDim = rowsOf(files, names.layer(0, "self_attn.q_norm.weight"));
    config.headDim =
        reader.integer({"attention.key_length", "head_dim"}, headDim != 0 ? headDim : 256);
    if (const auto value = reader.integer({"attention.value_length"}, config.headDim.value);
        value.value != config.headDim.value)
        reader.fail(value.key, "differs from " + config.headDim.key);
    if (config.architecture == Architecture::Gemma3)
        config.attentionScale = {gemma3AttentionScale(config), config.headDim.key};

    config.rmsNormEpsilon = reader.real({"attention.layer_norm_rms_epsilon"}, 1e-6);
    config.slidingWindow = reader.integer({"attention.sliding_window"}, 512);
    config.contextLength = reader.integer({"context_length"}, 32768);
    readRope(reader, config);
    readLayerLists(reader, config);

    const std::string embedding = names.global("embed_tokens.weight");
    const auto* tokens = files.metadata.texts("tokenizer.ggml.tokens");
    std::int64_t vocabulary = rowsOf(files, embedding);
    if (vocabulary == 0 && tokens != nullptr)
        vocabulary = static_cast<std::int64_t>(tokens->size());
    config.vocabularySize = {vocabulary, embedding};
    config.textVocabularySize = {textPieces(files.metadata, vocabulary), "tokenizer.ggml.tokens"};
    config.endTokens = endTokensOf(files.metadata);
    const auto token = [&](const char* key, std::int64_t fallback) {
        return DeclaredInteger{files.metadata.integer(key).value_or(fallback), key};
    };
    config.image = mediaOf(files.metadata, "<start_of_image>", config.textVocabularySize.value);
    config.sound = mediaOf(files.metadata, "<start_of_audio>",
                           config.textVocabularySize.value + kVisionVocabulary);
    config.bosToken = token("tokenizer.ggml.bos_token_id", 2);
    config.padToken = token("tokenizer.ggml.padding_token_id", 0);

    if (reader.error())
        return *reader.error();
    return config;
}

}  // namespace engine::decoder
