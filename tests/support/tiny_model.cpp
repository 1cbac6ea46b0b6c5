#include "tests/support/tiny_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "engine/decoder/tensor_names.h"
#include "engine/file/dequantize.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_weights.h"

namespace tests {

namespace {

using engine::decoder::Architecture;
using engine::file::TensorType;
using nlohmann::json;

constexpr float kSparsityMultiplier = 1.6448536F;

bool isNorm(const std::string& name)
{
    return name.ends_with("norm.weight");
}

std::size_t elementsOf(const TinyTensor& tensor)
{
    std::size_t elements = 1;
    for (const std::uint64_t extent : tensor.shape)
        elements *= extent;
    return elements;
}

// As in the golden sets: matrices keep the size of what goes through them.
Spread spreadOf(const TinyTensor& tensor)
{
    if (isNorm(tensor.name) || tensor.name.ends_with("correct_output_scale"))
        return {1.0F, 0.4F};
    if (tensor.name.ends_with("coefs.weight"))
        return {0.0F, 0.2F};
    if (tensor.name.ends_with("modality_router.weight"))
        return {0.0F, 5.0F};
    return {0.0F, std::sqrt(3.0F / static_cast<float>(tensor.shape.back()))};
}

std::vector<TinyTensor> layerTensors(const TinyModelOptions& o, std::uint32_t layer)
{
    const std::string stem = "layers." + std::to_string(layer) + ".";
    const bool isGemma3n = o.architecture == Architecture::Gemma3n;
    const std::uint32_t keys = o.kvHeads * o.headDim;
    const bool borrows = isGemma3n && layer >= o.layers - o.sharedKvLayers;
    std::vector<TinyTensor> tensors;
    const auto add = [&](const char* name, std::vector<std::uint64_t> shape) {
        tensors.push_back({stem + name, std::move(shape)});
    };
    add("input_layernorm.weight", {o.hidden});
    add("self_attn.q_proj.weight", {o.heads * o.headDim, o.hidden});
    add("self_attn.q_norm.weight", {o.headDim});
    if (!borrows || o.keepsBorrowedKeys) {
        add("self_attn.k_proj.weight", {keys, o.hidden});
        add("self_attn.v_proj.weight", {keys, o.hidden});
        add("self_attn.k_norm.weight", {o.headDim});
    }
    add("self_attn.o_proj.weight", {o.hidden, o.heads * o.headDim});
    add("post_attention_layernorm.weight", {o.hidden});
    add("pre_feedforward_layernorm.weight", {o.hidden});
    add("mlp.gate_proj.weight", {o.ffn, o.hidden});
    add("mlp.up_proj.weight", {o.ffn, o.hidden});
    add("mlp.down_proj.weight", {o.hidden, o.ffn});
    add("post_feedforward_layernorm.weight", {o.hidden});
    if (!isGemma3n)
        return tensors;
    add("laurel.linear_left.weight", {o.laurelRank, o.hidden});
    add("laurel.linear_right.weight", {o.hidden, o.laurelRank});
    add("laurel.post_laurel_norm.weight", {o.hidden});
    add("altup.modality_router.weight", {o.altupInputs, o.hidden});
    add("altup.router_norm.weight", {o.hidden});
    add("altup.prediction_coefs.weight", {o.altupInputs * o.altupInputs, o.altupInputs});
    add("altup.correction_coefs.weight", {o.altupInputs, o.altupInputs});
    add("altup.correct_output_scale", {o.hidden});
    add("per_layer_input_gate.weight", {o.perLayerInput, o.hidden});
    add("per_layer_projection.weight", {o.hidden, o.perLayerInput});
    add("post_per_layer_input_norm.weight", {o.hidden});
    return tensors;
}

std::vector<TinyTensor> allTensors(const TinyModelOptions& o)
{
    std::vector<TinyTensor> tensors{{"embed_tokens.weight", {o.vocabulary, o.hidden}},
                                    {"norm.weight", {o.hidden}}};
    if (o.architecture == Architecture::Gemma3n) {
        const std::uint64_t columns = std::uint64_t{o.layers} * o.perLayerInput;
        tensors.push_back({"embed_tokens_per_layer.weight", {o.textVocabulary, columns}});
        tensors.push_back({"per_layer_model_projection.weight", {columns, o.hidden}});
        tensors.push_back({"per_layer_projection_norm.weight", {o.perLayerInput}});
        for (const char* stem : {"altup_projections.", "altup_unembed_projections."})
            for (std::uint32_t i = 0; i + 1 < o.altupInputs; ++i)
                tensors.push_back({stem + std::to_string(i) + ".weight", {o.hidden, o.hidden}});
    }
    for (std::uint32_t layer = 0; layer < o.layers; ++layer) {
        for (TinyTensor& tensor : layerTensors(o, layer))
            tensors.push_back(std::move(tensor));
    }
    for (TinyTensor& tensor : tensors) {
        if (tensor.shape.size() < 2 || tensor.name.ends_with("coefs.weight"))
            continue;
        const bool fits =
            tensor.shape.back() % engine::file::typeInfo(o.matrixType).blockElements == 0;
        tensor.type = fits ? o.matrixType : TensorType::F16;
    }
    return tensors;
}

// A vocabulary that spells any text: control pieces, newlines, bytes, letters, the role words.
struct Pieces {
    std::vector<std::string> texts;
    std::vector<float> scores;
    std::vector<std::int32_t> types;

    void add(const std::string& text, std::int32_t type)
    {
        texts.push_back(text);
        scores.push_back(type == 1 ? -static_cast<float>(texts.size()) : 0.0F);
        types.push_back(type);
    }
};

Pieces piecesOf(const TinyModelOptions& o)
{
    constexpr std::int32_t kNormal = 1;
    constexpr std::int32_t kControl = 3;
    constexpr std::int32_t kUnused = 5;
    constexpr std::int32_t kByte = 6;

    Pieces pieces;
    for (const char* piece : {"<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]",
                              "<start_of_turn>", "<end_of_turn>"})
        pieces.add(piece, kControl);
    pieces.add("\n", kNormal);
    pieces.add("\n\n", kNormal);
    for (unsigned byte = 0; byte < 256; ++byte) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", byte);
        pieces.add(name, kByte);
    }
    // The steps by which "user" and "model" merge, before the letters: better scores.
    for (const char* piece : {"us", "use", "user", "mo", "mod", "mode", "model", "\u2581"})
        pieces.add(piece, kNormal);
    for (char letter = 'a'; letter <= 'z'; ++letter)
        pieces.add(std::string(1, letter), kNormal);
    pieces.add("<start_of_image>", kControl);
    pieces.add("<start_of_audio>", kControl);
    ENGINE_CHECK(pieces.texts.size() <= o.textVocabulary);
    while (pieces.texts.size() < o.textVocabulary)
        pieces.add("\u2581piece" + std::to_string(pieces.texts.size()), kNormal);
    const std::vector<std::string> soft{"<end_of_image>", "<image_soft_token>"};
    while (pieces.texts.size() < o.vocabulary) {
        const std::size_t index = pieces.texts.size() - o.textVocabulary;
        if (index < soft.size())
            pieces.add(soft[index], kControl);
        else
            pieces.add("[PAD" + std::to_string(pieces.texts.size()) + "]", kUnused);
    }
    return pieces;
}

bool isSliding(const TinyModelOptions& o, std::uint32_t layer)
{
    return (layer + 1) % o.fullPeriod != 0;
}

void addMetadata(GgufWriter& writer, const TinyModelOptions& o)
{
    const bool isGemma3n = o.architecture == Architecture::Gemma3n;
    const std::string architecture = isGemma3n ? "gemma3n" : "gemma3";
    const auto key = [&](const char* name) { return architecture + "." + name; };
    writer.text("general.architecture", architecture);
    writer.u32(key("block_count"), o.layers);
    writer.u32(key("context_length"), o.context);
    writer.u32(key("embedding_length"), o.hidden);
    writer.u32(key("feed_forward_length"), o.ffn);
    writer.u32(key("attention.head_count"), o.heads);
    writer.u32(key("attention.head_count_kv"), o.kvHeads);
    writer.u32(key("attention.key_length"), o.headDim);
    writer.u32(key("attention.value_length"), o.headDim);
    writer.f32(key("attention.layer_norm_rms_epsilon"), 1e-6F);
    writer.u32(key("attention.sliding_window"), o.window);
    writer.f32(key("rope.freq_base"), 1e6F);
    std::vector<bool> pattern;
    std::vector<float> sparsity;
    for (std::uint32_t layer = 0; layer < o.layers; ++layer) {
        pattern.push_back(isSliding(o, layer));
        sparsity.push_back(layer < o.sparseLayers ? kSparsityMultiplier
                                                  : -std::numeric_limits<float>::infinity());
    }
    writer.booleans(key("attention.sliding_window_pattern"), pattern);
    if (isGemma3n) {
        writer.f32(key("attention.shared_kv_layers"), static_cast<float>(o.sharedKvLayers));
        writer.f32s(key("activation_sparsity_scale"), sparsity);
        writer.u32(key("altup.active_idx"), 0);
        writer.u32(key("altup.num_inputs"), o.altupInputs);
        writer.u32(key("embedding_length_per_layer_input"), o.perLayerInput);
    }
    const Pieces pieces = piecesOf(o);
    writer.text("tokenizer.ggml.model", "llama");
    writer.texts("tokenizer.ggml.tokens", pieces.texts);
    writer.f32s("tokenizer.ggml.scores", pieces.scores);
    writer.i32s("tokenizer.ggml.token_type", pieces.types);
    writer.u32("tokenizer.ggml.bos_token_id", 2);
    writer.u32("tokenizer.ggml.eos_token_id", 1);
    writer.u32("tokenizer.ggml.unknown_token_id", 3);
    writer.u32("tokenizer.ggml.padding_token_id", 0);
    writer.boolean("tokenizer.ggml.add_bos_token", true);
    writer.boolean("tokenizer.ggml.add_space_prefix", false);
}

// The GGUF name of a tensor that is not one of a stack.
std::string ggufName(const std::string& name)
{
    const engine::decoder::TensorNames names{engine::file::ModelFiles{}};
    if (!name.starts_with("layers."))
        return names.global(name);
    const std::size_t dot = name.find('.', 7);
    const auto layer = static_cast<std::uint32_t>(std::stoul(name.substr(7, dot - 7)));
    return names.layer(layer, name.substr(dot + 1));
}

void writeSafetensors(const std::filesystem::path& path, const std::vector<std::string>& names,
                      const std::vector<TinyTensor>& tensors,
                      const std::vector<std::vector<std::byte>>& bytes)
{
    json header = json::object();
    std::size_t offset = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        header[names[i]] = {{"dtype", std::string(engine::file::typeInfo(tensors[i].type).name)},
                            {"shape", tensors[i].shape},
                            {"data_offsets", {offset, offset + bytes[i].size()}}};
        offset += bytes[i].size();
    }
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    std::ofstream stream(path, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(&size), sizeof size);
    stream << text;
    for (const auto& part : bytes)
        stream.write(reinterpret_cast<const char*>(part.data()),
                     static_cast<std::streamsize>(part.size()));
}

}  // namespace

TinyModel::TinyModel(const TinyModelOptions& options) : m_options(options)
{
    if (m_options.architecture == Architecture::Gemma3)
        m_options.vocabulary = m_options.textVocabulary;
    m_tensors = allTensors(m_options);
}

TinyTensor& TinyModel::tensor(const std::string& name)
{
    const auto found = std::find_if(m_tensors.begin(), m_tensors.end(),
                                    [&](const TinyTensor& tensor) { return tensor.name == name; });
    ENGINE_CHECK(found != m_tensors.end());
    return *found;
}

std::vector<std::byte> TinyModel::bytesOf(const TinyTensor& tensor) const
{
    return randomTensor(tensor.name, m_options.seed, tensor.type, elementsOf(tensor),
                        spreadOf(tensor));
}

std::vector<float> TinyModel::valuesOf(const TinyTensor& tensor) const
{
    std::vector<float> values(elementsOf(tensor));
    engine::file::dequantize(tensor.type, bytesOf(tensor), values);
    return values;
}

std::vector<float> TinyModel::values(const std::string& name) const
{
    const auto found = std::find_if(m_tensors.begin(), m_tensors.end(),
                                    [&](const TinyTensor& tensor) { return tensor.name == name; });
    ENGINE_CHECK(found != m_tensors.end());
    return valuesOf(*found);
}

void TinyModel::writeGguf(const std::filesystem::path& path) const
{
    writeGgufSet(path, 1, {});
}

std::filesystem::path TinyModel::writeGgufSet(const std::filesystem::path& folder,
                                              std::size_t files, const std::string& stem) const
{
    // Stacks count as one tensor, made when its first slice is met.
    struct Entry {
        std::string name;
        std::vector<TinyTensor> slices;
    };
    std::vector<Entry> entries;
    for (const TinyTensor& tensor : m_tensors) {
        const bool isSlice = tensor.name.starts_with("altup_");
        const std::string name =
            isSlice ? ggufName(tensor.name.substr(0, tensor.name.find('.')) + ".weight")
                    : ggufName(tensor.name);
        if (isSlice && !entries.empty() && entries.back().name == name)
            entries.back().slices.push_back(tensor);
        else
            entries.push_back({name, {tensor}});
    }

    std::filesystem::path first;
    for (std::size_t file = 0; file < files; ++file) {
        GgufWriter writer;
        if (file == 0)
            addMetadata(writer, m_options);
        if (files > 1) {
            writer.u16("split.no", static_cast<std::uint16_t>(file));
            writer.u16("split.count", static_cast<std::uint16_t>(files));
            writer.i32("split.tensors.count", static_cast<std::int32_t>(entries.size()));
        }
        const std::size_t begin = entries.size() * file / files;
        const std::size_t end = entries.size() * (file + 1) / files;
        for (std::size_t i = begin; i < end; ++i) {
            const Entry& entry = entries[i];
            auto shape = entry.slices.front().shape;
            if (entry.slices.front().name.starts_with("altup_"))
                shape.insert(shape.begin(), entry.slices.size());
            writer.tensor(entry.name, shape, entry.slices.front().type,
                          [this, slices = entry.slices] {
                              std::vector<std::byte> bytes;
                              for (const TinyTensor& slice : slices) {
                                  const auto part = bytesOf(slice);
                                  bytes.insert(bytes.end(), part.begin(), part.end());
                              }
                              return bytes;
                          });
        }
        std::filesystem::path path = folder;
        if (!stem.empty()) {
            char suffix[48];
            std::snprintf(suffix, sizeof suffix, "-%05u-of-%05u.gguf",
                          static_cast<unsigned>(file + 1), static_cast<unsigned>(files));
            path = folder / (stem + suffix);
        }
        writer.write(path);
        if (file == 0)
            first = path;
    }
    return first;
}

std::string TinyModel::configJson(bool isNested) const
{
    const TinyModelOptions& o = m_options;
    const bool isGemma3n = o.architecture == Architecture::Gemma3n;
    const std::string type = isGemma3n ? "gemma3n" : "gemma3";
    json text{{"model_type", type + "_text"},
              {"vocab_size", o.vocabulary},
              {"hidden_size", o.hidden},
              {"num_hidden_layers", o.layers},
              {"num_attention_heads", o.heads},
              {"num_key_value_heads", o.kvHeads},
              {"head_dim", o.headDim},
              {"intermediate_size", o.ffn},
              {"max_position_embeddings", o.context},
              {"sliding_window", o.window},
              {"rms_norm_eps", 1e-6},
              {"rope_theta", 1e6},
              {"rope_local_base_freq", 1e4},
              {"bos_token_id", 2},
              {"eos_token_id", 1},
              {"pad_token_id", 0}};
    json kinds = json::array();
    json sparsity = json::array();
    for (std::uint32_t layer = 0; layer < o.layers; ++layer) {
        kinds.push_back(isSliding(o, layer) ? "sliding_attention" : "full_attention");
        sparsity.push_back(layer < o.sparseLayers ? 0.95 : 0.0);
    }
    text["layer_types"] = kinds;
    if (isGemma3n) {
        text["vocab_size_per_layer_input"] = o.textVocabulary;
        text["hidden_size_per_layer_input"] = o.perLayerInput;
        text["num_kv_shared_layers"] = o.sharedKvLayers;
        text["activation_sparsity_pattern"] = sparsity;
        text["altup_num_inputs"] = o.altupInputs;
        text["laurel_rank"] = o.laurelRank;
        text["final_logit_softcapping"] = 30.0;
    } else {
        text["query_pre_attn_scalar"] = o.headDim;
    }
    if (!isNested)
        return text.dump();
    json whole{{"model_type", type}, {"text_config", text}};
    if (isGemma3n) {
        const std::vector<std::string> pieces = piecesOf(o).texts;
        const auto idOf = [&](const char* piece) {
            return std::find(pieces.begin(), pieces.end(), piece) - pieces.begin();
        };
        whole["boi_token_id"] = idOf("<start_of_image>");
        whole["boa_token_id"] = idOf("<start_of_audio>");
        whole["eoi_token_id"] = o.textVocabulary;
        whole["image_token_id"] = o.textVocabulary + 1;
        whole["eoa_token_id"] = o.textVocabulary + 128;
        whole["audio_token_id"] = o.textVocabulary + 129;
    }
    return whole.dump();
}

void TinyModel::writeFolder(const std::filesystem::path& folder, const FolderOptions& options) const
{
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json") << configJson(options.prefix.size() > 6);
    std::ofstream(folder / "generation_config.json") << R"({"eos_token_id": [1, 7]})";
    if (!options.tokenizerModel.empty())
        std::filesystem::copy_file(options.tokenizerModel, folder / "tokenizer.model");

    json weightMap = json::object();
    for (std::size_t shard = 0; shard < options.shards; ++shard) {
        char name[64] = "model.safetensors";
        if (options.shards > 1)
            std::snprintf(name, sizeof name, "model-%05u-of-%05u.safetensors",
                          static_cast<unsigned>(shard + 1), static_cast<unsigned>(options.shards));
        std::vector<std::string> names;
        std::vector<TinyTensor> tensors;
        std::vector<std::vector<std::byte>> bytes;
        const std::size_t begin = m_tensors.size() * shard / options.shards;
        const std::size_t end = m_tensors.size() * (shard + 1) / options.shards;
        for (std::size_t i = begin; i < end; ++i) {
            TinyTensor tensor = m_tensors[i];
            bytes.push_back(bytesOf(tensor));
            const bool isShifted =
                m_options.architecture == Architecture::Gemma3 && isNorm(tensor.name);
            if (engine::file::typeInfo(tensor.type).blockElements != 1 || isShifted) {
                std::vector<float> values = valuesOf(tensor);
                for (float& value : values)
                    value -= isShifted ? 1.0F : 0.0F;
                bytes.back().resize(values.size() * sizeof(float));
                std::memcpy(bytes.back().data(), values.data(), bytes.back().size());
                tensor.type = TensorType::F32;
            }
            // Encoders stand beside the text model, not in it.
            const bool isEncoder = tensor.name.starts_with("vision_tower.");
            names.push_back((isEncoder ? "model." : options.prefix) + tensor.name);
            weightMap[names.back()] = name;
            tensors.push_back(std::move(tensor));
        }
        writeSafetensors(folder / name, names, tensors, bytes);
    }
    if (options.shards > 1)
        std::ofstream(folder / "model.safetensors.index.json")
            << json{{"metadata", json::object()}, {"weight_map", weightMap}}.dump();
}

}  // namespace tests
