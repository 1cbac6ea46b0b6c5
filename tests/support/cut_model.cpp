#include "tests/support/cut_model.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/decoder/config.h"
#include "engine/decoder/tensor_names.h"
#include "engine/file/model_files.h"
#include "tests/support/gguf_writer.h"
#include "tests/support/tiny_session.h"

namespace tests {
namespace {

using engine::decoder::DecoderConfig;
using engine::decoder::LayerKind;
using engine::file::Format;
using engine::file::ModelFiles;
using engine::file::StoredTensor;
using nlohmann::json;

struct CutTensor {
    std::string name;
    engine::file::TensorType type;
    std::vector<std::uint64_t> shape;
    std::vector<std::byte> bytes;
};

// Elements [first, end) of each row, or rows.
struct Range {
    std::uint64_t first;
    std::uint64_t end;
};

std::uint64_t rowBytesOf(const StoredTensor& tensor)
{
    std::uint64_t rows = 1;
    for (std::size_t i = 0; i + 1 < tensor.shape.size(); ++i)
        rows *= tensor.shape[i];
    return tensor.bytes.size() / rows;
}

void take(std::vector<std::byte>& to, std::span<const std::byte> bytes)
{
    to.insert(to.end(), bytes.begin(), bytes.end());
}

CutTensor whole(const std::string& name, const StoredTensor& tensor)
{
    return {name, tensor.type, tensor.shape, {tensor.bytes.begin(), tensor.bytes.end()}};
}

CutTensor rowsOf(const std::string& name, const StoredTensor& tensor,
                 const std::vector<Range>& ranges)
{
    CutTensor cut{name, tensor.type, {0, tensor.shape.back()}, {}};
    const std::uint64_t rowBytes = rowBytesOf(tensor);
    for (const auto& [first, end] : ranges) {
        take(cut.bytes, tensor.bytes.subspan(first * rowBytes, (end - first) * rowBytes));
        cut.shape.front() += end - first;
    }
    return cut;
}

CutTensor columnsOf(const std::string& name, const StoredTensor& tensor,
                    const std::vector<Range>& ranges)
{
    const auto& type = engine::file::typeInfo(tensor.type);
    const std::uint64_t rowBytes = rowBytesOf(tensor);
    CutTensor cut{name, tensor.type, {tensor.shape.front(), 0}, {}};
    for (const auto& [first, end] : ranges)
        cut.shape.back() += end - first;
    for (std::uint64_t row = 0; row < tensor.shape.front(); ++row) {
        for (const auto& [first, end] : ranges)
            take(cut.bytes,
                 tensor.bytes.subspan(row * rowBytes + first / type.blockElements * type.blockBytes,
                                      (end - first) / type.blockElements * type.blockBytes));
    }
    return cut;
}

// The size, with what it is applied to.
class Cutter {
public:
    Cutter(const ModelFiles& files, const engine::ModelSize& size)
        : m_files(files)
        , m_names(files)
        , m_config(must(engine::decoder::readDecoderConfig(files)))
        , m_size(size)
    {
        for (std::uint32_t i = 0; i < m_config.layers.size(); ++i) {
            if (std::find(size.skippedLayers.begin(), size.skippedLayers.end(), i) ==
                size.skippedLayers.end())
                m_kept.push_back(i);
        }
    }

    std::vector<CutTensor> tensors() const;
    void writeMetadata(GgufWriter& writer) const;
    std::string configJson() const;

private:
    std::string layerStem(std::uint32_t layer) const
    {
        return m_files.format == Format::Gguf
                   ? "blk." + std::to_string(layer) + "."
                   : m_names.prefix() + "layers." + std::to_string(layer) + ".";
    }
    std::vector<Range> slabs() const
    {
        std::vector<Range> ranges;
        for (const std::uint32_t layer : m_kept)
            ranges.push_back({std::uint64_t{layer} * m_config.perLayerInputSize,
                              (std::uint64_t{layer} + 1) * m_config.perLayerInputSize});
        return ranges;
    }
    std::int64_t sharedLayers() const
    {
        return std::count_if(m_kept.begin(), m_kept.end(),
                             [this](std::uint32_t layer) { return layer >= m_config.kvLayers; });
    }
    CutTensor ofLayer(const std::string& name, const StoredTensor& tensor, std::uint32_t layer,
                      const std::string& newName) const;
    CutTensor global(const std::string& name, const StoredTensor& tensor) const;

    const ModelFiles& m_files;
    engine::decoder::TensorNames m_names;
    DecoderConfig m_config;
    const engine::ModelSize& m_size;
    std::vector<std::uint32_t> m_kept;
};

CutTensor Cutter::ofLayer(const std::string& name, const StoredTensor& tensor, std::uint32_t layer,
                          const std::string& newName) const
{
    const std::uint64_t width = m_size.ffnWidths[layer];
    if (name == m_names.layer(layer, "mlp.gate_proj.weight") ||
        name == m_names.layer(layer, "mlp.up_proj.weight"))
        return rowsOf(newName, tensor, {{0, width}});
    if (name == m_names.layer(layer, "mlp.down_proj.weight"))
        return columnsOf(newName, tensor, {{0, width}});
    return whole(newName, tensor);
}

CutTensor Cutter::global(const std::string& name, const StoredTensor& tensor) const
{
    if (name == m_names.global("per_layer_model_projection.weight"))
        return rowsOf(name, tensor, slabs());
    if (name == m_names.global("embed_tokens_per_layer.weight"))
        return columnsOf(name, tensor, slabs());
    return whole(name, tensor);
}

std::vector<CutTensor> Cutter::tensors() const
{
    const std::string layers = layerStem(0).substr(0, layerStem(0).size() - 2);
    std::vector<CutTensor> cut;
    for (const auto& [name, tensor] : m_files.tensors.tensors) {
        if (!name.starts_with(layers))
            cut.push_back(global(name, tensor));
    }
    for (std::uint32_t i = 0; i < m_kept.size(); ++i) {
        const std::string stem = layerStem(m_kept[i]);
        for (const auto& [name, tensor] : m_files.tensors.tensors) {
            if (name.starts_with(stem))
                cut.push_back(
                    ofLayer(name, tensor, m_kept[i], layerStem(i) + name.substr(stem.size())));
        }
    }
    return cut;
}

void Cutter::writeMetadata(GgufWriter& writer) const
{
    const std::string stem = "gemma3n.";
    std::vector<std::int32_t> widths;
    std::vector<bool> isSliding;
    std::vector<float> sparsity;
    for (const std::uint32_t layer : m_kept) {
        const float multiplier = m_config.layers[layer].sparsityMultiplier;
        widths.push_back(static_cast<std::int32_t>(m_size.ffnWidths[layer]));
        isSliding.push_back(m_config.layers[layer].kind == LayerKind::Sliding);
        sparsity.push_back(multiplier == 0.0F ? -std::numeric_limits<float>::infinity()
                                              : multiplier);
    }
    const auto copy = [&](const std::string& key, const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>)
            writer.boolean(key, value);
        else if constexpr (std::is_same_v<Value, std::string>)
            writer.text(key, value);
        else if constexpr (std::is_same_v<Value, double>)
            writer.f32(key, static_cast<float>(value));
        else if constexpr (std::is_integral_v<Value>)
            writer.u32(key, static_cast<std::uint32_t>(value));
        else if constexpr (std::is_same_v<Value, std::vector<std::string>>)
            writer.texts(key, value);
        else if constexpr (std::is_same_v<Value, std::vector<double>>)
            writer.f32s(key, std::vector<float>(value.begin(), value.end()));
        else if constexpr (std::is_same_v<Value, std::vector<std::int64_t>>)
            writer.i32s(key, std::vector<std::int32_t>(value.begin(), value.end()));
    };
    for (const auto& [key, value] : m_files.metadata.values) {
        const bool isReplaced =
            key == stem + "block_count" || key == stem + "feed_forward_length" ||
            key == stem + "attention.sliding_window_pattern" ||
            key == stem + "attention.shared_kv_layers" ||
            key == stem + "activation_sparsity_scale" || key == "nestling.matformer.sizes";
        if (!isReplaced)
            std::visit([&, &name = key](const auto& stored) { copy(name, stored); }, value);
    }
    writer.u32(stem + "block_count", static_cast<std::uint32_t>(m_kept.size()));
    writer.i32s(stem + "feed_forward_length", widths);
    writer.booleans(stem + "attention.sliding_window_pattern", isSliding);
    writer.f32(stem + "attention.shared_kv_layers", static_cast<float>(sharedLayers()));
    writer.f32s(stem + "activation_sparsity_scale", sparsity);
}

std::string Cutter::configJson() const
{
    json config = json::parse(m_files.configJson);
    json& text = config.contains("text_config") ? config["text_config"] : config;
    json widths = json::array();
    json kinds = json::array();
    json sparsity = json::array();
    for (const std::uint32_t layer : m_kept) {
        widths.push_back(m_size.ffnWidths[layer]);
        kinds.push_back(text["layer_types"][layer]);
        sparsity.push_back(text["activation_sparsity_pattern"][layer]);
    }
    text["num_hidden_layers"] = m_kept.size();
    text["intermediate_size"] = widths;
    text["layer_types"] = kinds;
    text["activation_sparsity_pattern"] = sparsity;
    text["num_kv_shared_layers"] = sharedLayers();
    return config.dump();
}

void writeFolder(const Cutter& cutter, const std::filesystem::path& to)
{
    std::filesystem::create_directories(to);
    std::ofstream(to / "config.json") << cutter.configJson();
    json header = json::object();
    std::string data;
    for (const CutTensor& tensor : cutter.tensors()) {
        const std::size_t begin = data.size();
        data.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
        header[tensor.name] = {{"dtype", std::string(engine::file::typeInfo(tensor.type).name)},
                               {"shape", tensor.shape},
                               {"data_offsets", {begin, data.size()}}};
    }
    const std::string text = header.dump();
    const std::uint64_t size = text.size();
    std::ofstream stream(to / "model.safetensors", std::ios::binary);
    stream.write(reinterpret_cast<const char*>(&size), sizeof size);
    stream << text << data;
}

}  // namespace

void cutModel(const std::filesystem::path& from, const engine::ModelSize& size,
              const std::filesystem::path& to)
{
    const ModelFiles files = must(engine::file::openModelFiles(from));
    const Cutter cutter(files, size);
    if (files.format == Format::HuggingFace) {
        writeFolder(cutter, to);
        if (!files.tokenizerModel.empty())
            std::filesystem::copy_file(files.tokenizerModel, to / "tokenizer.model");
        return;
    }
    GgufWriter writer;
    cutter.writeMetadata(writer);
    for (CutTensor& tensor : cutter.tensors())
        writer.tensor(tensor.name, tensor.shape, tensor.type,
                      [bytes = std::move(tensor.bytes)] { return bytes; });
    writer.write(to);
}

}  // namespace tests
