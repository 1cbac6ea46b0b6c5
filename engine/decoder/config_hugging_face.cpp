#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/decoder/declared_config.h"
#include "engine/decoder/tensor_names.h"

namespace engine::decoder {

namespace {

using nlohmann::json;

// Φ⁻¹: the multiplier of the standard deviation below which a share `p` of a normal distribution
// lies, 0 < p < 1. Halving an interval is slow and cannot fail.
double inverseNormal(double p)
{
    if (p > 0.5)
        return -inverseNormal(1.0 - p);
    double low = -40.0;
    double high = 0.0;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2.0;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    return (low + high) / 2.0;
}

// Reads the text model's object. Absent and null are the same, but where a null says "none". The
// first thing that is wrong is kept; what is read after it does not count.
class Reader {
public:
    Reader(const json& object, std::string source) : m_object(object), m_source(std::move(source))
    {
    }

    DeclaredInteger integer(const std::string& key, std::int64_t fallback)
    {
        const json* value = find(key);
        if (value == nullptr)
            return {fallback, key};
        if (value->is_number_unsigned() && value->get<std::uint64_t>() > 0x7FFFFFFFFFFFFFFFU)
            fail(key, "is too large");
        else if (!value->is_number_integer())
            fail(key, "is not a whole number");
        return {value->is_number_integer() ? value->get<std::int64_t>() : 0, key};
    }

    DeclaredReal real(const std::string& key, double fallback)
    {
        const json* value = find(key);
        if (value == nullptr)
            return {fallback, key};
        if (!value->is_number())
            fail(key, "is not a number");
        return {value->is_number() ? value->get<double>() : 0.0, key};
    }

    // A null says 0, no such limit.
    DeclaredReal limit(const std::string& key, double fallback)
    {
        return real(key, m_object.contains(key) && m_object[key].is_null() ? 0.0 : fallback);
    }

    // Numbers of a list, or one for every layer; empty if absent.
    std::vector<double> perLayer(const std::string& key, std::size_t layers)
    {
        const json* value = find(key);
        if (value == nullptr)
            return {};
        if (value->is_number())
            return std::vector<double>(layers, value->get<double>());
        std::vector<double> numbers;
        if (!value->is_array())
            fail(key, "is neither a number nor a list");
        else
            for (const json& element : *value) {
                if (!element.is_number())
                    fail(key, "holds something that is not a number");
                numbers.push_back(element.is_number() ? element.get<double>() : 0.0);
            }
        return numbers;
    }

    // What the engine does in one way only must be asked for so, or not at all.
    void require(const std::string& key, const json& supported)
    {
        const json* value = find(key);
        if (value != nullptr && *value != supported && !m_error)
            m_error =
                Error{ErrorCode::UnsupportedModel,
                      m_source + ": " + key + " is " +
                          value->dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 80) +
                          "; only " + supported.dump() + " is supported."};
    }

    const json* find(const std::string& key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }

    void fail(const std::string& key, const std::string& what)
    {
        if (!m_error)
            m_error = Error{ErrorCode::InvalidFile, m_source + ": " + key + " " + what + "."};
    }

    const std::optional<Error>& error() const noexcept { return m_error; }

private:
    const json& m_object;
    std::string m_source;
    std::optional<Error> m_error;
};

void readSliding(Reader& reader, DeclaredConfig& config, std::int64_t defaultPeriod)
{
    config.slidingKey = "layer_types";
    const json* types = reader.find(config.slidingKey);
    if (types == nullptr) {
        const char* key = reader.find("sliding_window_pattern") != nullptr
                              ? "sliding_window_pattern"
                              : "_sliding_window_pattern";
        const auto period = reader.integer(key, defaultPeriod);
        if (period.value < 1)
            reader.fail(period.key, "is not a period");
        config.isSliding =
            slidingByPeriod(config.layers.value, std::max<std::int64_t>(period.value, 1));
        return;
    }
    if (!types->is_array()) {
        reader.fail(config.slidingKey, "is not a list");
        return;
    }
    for (const json& type : *types) {
        if (type != "sliding_attention" && type != "full_attention")
            reader.fail(config.slidingKey,
                        "holds something other than sliding_attention and full_attention");
        config.isSliding.push_back(type == "sliding_attention");
    }
}

// Reads `rope` (of one kind of layer): the base, and a linear scale.
void readRopeOf(Reader& parent, const json* rope, const std::string& key, DeclaredReal& theta,
                DeclaredReal& scale)
{
    if (rope == nullptr)
        return;
    if (!rope->is_object()) {
        parent.fail(key, "is not an object");
        return;
    }
    Reader reader(*rope, key);
    theta.value = reader.real("rope_theta", theta.value).value;
    theta.key = key + ".rope_theta";
    const char* typeKey = reader.find("rope_type") != nullptr ? "rope_type" : "type";
    const json* type = reader.find(typeKey);
    if (type != nullptr && *type == "linear") {
        scale.value = reader.real("factor", 1.0).value;
        scale.key = key + ".factor";
    } else if (type != nullptr && *type != "default") {
        parent.fail(key, "asks for a scaling that is not supported; only linear is");
    }
    if (reader.error())
        parent.fail(key, "holds something that is not a number");
}

void readRope(Reader& reader, DeclaredConfig& config)
{
    config.ropeThetaFull = reader.real("rope_theta", 1e6);
    config.ropeThetaSliding = reader.real("rope_local_base_freq", 1e4);
    config.ropeScaleFull = {1.0, "rope_scaling"};
    readRopeOf(reader, reader.find("rope_scaling"), "rope_scaling", config.ropeThetaFull,
               config.ropeScaleFull);

    const json* parameters = reader.find("rope_parameters");
    if (parameters == nullptr || !parameters->is_object())
        return;
    if (!parameters->contains("full_attention") && !parameters->contains("sliding_attention")) {
        readRopeOf(reader, parameters, "rope_parameters", config.ropeThetaFull,
                   config.ropeScaleFull);
        return;
    }
    const Reader perKind(*parameters, "rope_parameters");
    DeclaredReal slidingScale{1.0, {}};
    readRopeOf(reader, perKind.find("full_attention"), "rope_parameters.full_attention",
               config.ropeThetaFull, config.ropeScaleFull);
    readRopeOf(reader, perKind.find("sliding_attention"), "rope_parameters.sliding_attention",
               config.ropeThetaSliding, slidingScale);
    if (slidingScale.value != 1.0)
        reader.fail(slidingScale.key, "scales sliding layers, which is not supported");
}

void readSparsity(Reader& reader, DeclaredConfig& config)
{
    const auto layers = static_cast<std::size_t>(config.layers.value);
    config.sparsityKey = "activation_sparsity_pattern";
    if (reader.find(config.sparsityKey) == nullptr) {
        // As the published class does: ten sparse layers, none in a model of no more than ten.
        config.sparsityMultipliers.assign(layers, 0.0);
        if (config.layers.value > kSparseLayers)
            std::fill_n(config.sparsityMultipliers.begin(), kSparseLayers, kSparsityMultiplier);
        return;
    }
    for (const double share : reader.perLayer(config.sparsityKey, layers)) {
        if (!(share >= 0.0 && share < 1.0)) {
            reader.fail(config.sparsityKey, "holds a share that is not in [0, 1)");
            return;
        }
        // A share of one half cuts at the mean: the multiplier is 0, which says "dense", so it gets
        // one that moves no float.
        const double multiplier = share == 0.5 ? 1e-30 : inverseNormal(share);
        config.sparsityMultipliers.push_back(share == 0.0 ? 0.0 : multiplier);
    }
}

void readGemma3n(Reader& reader, DeclaredConfig& config)
{
    config.layers = reader.integer("num_hidden_layers", 35);
    config.hiddenSize = reader.integer("hidden_size", 2048);
    config.heads = reader.integer("num_attention_heads", 8);
    config.kvHeads = reader.integer("num_key_value_heads", 2);
    config.vocabularySize = reader.integer("vocab_size", 262400);
    config.textVocabularySize = reader.integer("vocab_size_per_layer_input", 262144);
    config.slidingWindow = reader.integer("sliding_window", 512);
    config.contextLength = reader.integer("max_position_embeddings", 32768);
    config.sharedKvLayers = reader.integer("num_kv_shared_layers", 15);
    config.finalLogitSoftcap = reader.limit("final_logit_softcapping", 30.0);
    config.attentionScale = {1.0, "attention scale"};
    config.altupInputs = reader.integer("altup_num_inputs", 4);
    config.altupActiveIndex = reader.integer("altup_active_idx", 0);
    config.altupCoefClip = reader.limit("altup_coef_clip", 120.0);
    config.laurelRank = reader.integer("laurel_rank", 64);
    config.perLayerInputSize = reader.integer("hidden_size_per_layer_input", 256);
    reader.require("altup_correct_scale", true);
}

void readGemma3(Reader& reader, DeclaredConfig& config)
{
    config.layers = reader.integer("num_hidden_layers", 26);
    config.hiddenSize = reader.integer("hidden_size", 2304);
    config.heads = reader.integer("num_attention_heads", 8);
    config.kvHeads = reader.integer("num_key_value_heads", 4);
    config.vocabularySize = reader.integer("vocab_size", 262208);
    config.textVocabularySize = config.vocabularySize;
    config.slidingWindow = reader.integer("sliding_window", 4096);
    config.contextLength = reader.integer("max_position_embeddings", 131072);
    config.finalLogitSoftcap = reader.limit("final_logit_softcapping", 0.0);
    const DeclaredReal scalar = reader.real("query_pre_attn_scalar", 256.0);
    config.attentionScale = {1.0 / std::sqrt(scalar.value), scalar.key};
    if (reader.find("attn_logit_softcapping") != nullptr)
        reader.fail("attn_logit_softcapping", "is set, which is not supported");
    reader.require("use_bidirectional_attention", false);
}

void appendTokens(const json& object, std::vector<std::int64_t>& ids)
{
    const auto eos = object.find("eos_token_id");
    if (eos == object.end())
        return;
    const auto append = [&](const json& id) {
        if (id.is_number_unsigned() && id.get<std::uint64_t>() <= 0x7FFFFFFFU)
            ids.push_back(id.get<std::int64_t>());
    };
    if (eos->is_array())
        std::for_each(eos->begin(), eos->end(), append);
    else
        append(*eos);
}

Result<Architecture> architectureOf(const json& object, const json& text, const std::string& source)
{
    const json& declaring = text.contains("model_type") ? text : object;
    const auto type = declaring.find("model_type");
    if (type == declaring.end() || !type->is_string())
        return Error{ErrorCode::InvalidFile, source + ": model_type is missing."};
    if (*type == "gemma3n_text" || *type == "gemma3n")
        return Architecture::Gemma3n;
    if (*type == "gemma3_text" || *type == "gemma3")
        return Architecture::Gemma3;
    return Error{ErrorCode::UnsupportedModel, source + " describes a model of type '" +
                                                  type->get<std::string>() +
                                                  "'; only gemma3n and gemma3 are supported."};
}

// The ids stand in the object of the whole model. A text model's folder has none, nor one whose ids
// are the published ones.
void readMedia(Reader& reader, DeclaredConfig& config)
{
    const auto read = [&](const char* start, const char* soft, const char* end,
                          const std::array<std::int64_t, 3>& published) {
        const std::array keys{start, soft, end};
        const auto isPresent = [&](const char* key) { return reader.find(key) != nullptr; };
        return DeclaredMedia{reader.integer(start, published[0]),
                             reader.integer(soft, published[1]), reader.integer(end, published[2]),
                             std::any_of(keys.begin(), keys.end(), isPresent)};
    };
    config.image = read("boi_token_id", "image_token_id", "eoi_token_id", {255999, 262145, 262144});
    config.sound = read("boa_token_id", "audio_token_id", "eoa_token_id", {256000, 262273, 262272});
}

// A re-saved folder may keep only the embeddings of text pieces.
void takeVocabularyFrom(const file::ModelFiles& files, DeclaredConfig& config)
{
    const auto* embedding = files.tensors.find(TensorNames(files).global("embed_tokens.weight"));
    if (embedding != nullptr && !embedding->shape.empty() &&
        std::cmp_equal(embedding->shape.front(), config.textVocabularySize.value))
        config.vocabularySize.value = config.textVocabularySize.value;
}

}  // namespace

Result<DeclaredConfig> readHuggingFaceConfig(const file::ModelFiles& files)
{
    DeclaredConfig config;
    config.source = (files.path / "config.json").string();
    const json object = json::parse(files.configJson, nullptr, false);
    const auto nested = object.is_object() ? object.find("text_config") : object.end();
    const json& text = nested != object.end() && nested->is_object() ? *nested : object;
    if (!text.is_object())
        return Error{ErrorCode::InvalidFile, config.source + " is not a JSON object."};
    ENGINE_TRY(config.architecture, architectureOf(object, text, config.source));

    Reader reader(text, config.source);
    if (config.architecture == Architecture::Gemma3n)
        readGemma3n(reader, config);
    else
        readGemma3(reader, config);
    // The lists that follow are as long as there are layers.
    if (config.layers.value < 1 || config.layers.value > kMaxLayers)
        reader.fail(config.layers.key, "must be from 1 to " + std::to_string(kMaxLayers));
    if (reader.error())
        return *reader.error();

    config.headDim = reader.integer("head_dim", 256);
    config.rmsNormEpsilon = reader.real("rms_norm_eps", 1e-6);
    reader.require("attention_bias", false);
    reader.require("tie_word_embeddings", true);
    reader.require("hidden_activation", "gelu_pytorch_tanh");
    readRope(reader, config);

    const bool isGemma3n = config.architecture == Architecture::Gemma3n;
    const auto layers = static_cast<std::size_t>(config.layers.value);
    config.ffnWidthsKey = "intermediate_size";
    for (const double width : reader.perLayer(config.ffnWidthsKey, layers)) {
        const bool isWhole = std::abs(width) < 0x1p31 && width == std::floor(width);
        config.ffnWidths.push_back(isWhole ? static_cast<std::int64_t>(width) : 0);
    }
    if (config.ffnWidths.empty())
        config.ffnWidths.assign(layers, isGemma3n ? 16384 : 9216);
    readSliding(reader, config, isGemma3n ? kPeriodGemma3n : kPeriodGemma3);
    if (isGemma3n)
        readSparsity(reader, config);
    else
        config.sparsityMultipliers.assign(layers, 0.0);

    config.bosToken = reader.integer("bos_token_id", 2);
    config.padToken = reader.integer("pad_token_id", 0);
    appendTokens(object, config.endTokens);
    appendTokens(text, config.endTokens);
    if (!files.generationConfigJson.empty()) {
        const json generation = json::parse(files.generationConfigJson, nullptr, false);
        if (generation.is_object())
            appendTokens(generation, config.endTokens);
    }
    if (config.endTokens.empty())
        config.endTokens.push_back(1);
    takeVocabularyFrom(files, config);
    Reader whole(object, config.source);
    readMedia(whole, config);

    for (const Reader* each : {&reader, &whole}) {
        if (each->error())
            return *each->error();
    }
    return config;
}

}  // namespace engine::decoder
