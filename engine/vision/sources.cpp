#include "engine/vision/sources.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/kernels/shader_code.h"

namespace engine::vision {
namespace {

using file::StoredTensor;

constexpr std::uint32_t kStages = 4;
constexpr std::uint32_t kMaxBlocks = 1024;  // of a stage
constexpr std::uint64_t kMaxChannels = 65536;
constexpr std::uint32_t kMaxKernel = 15;

constexpr std::string_view kTowerInGguf = "v.";
constexpr std::array<std::string_view, 2> kTowerPrefixes{"model.vision_tower.timm_model.",
                                                         "vision_tower.timm_model."};
constexpr std::array<std::string_view, 2> kEmbedderPrefixes{"model.embed_vision.", "embed_vision."};

// The embedder's tensors have names of their own in a GGUF file (spec 02 §9).
constexpr std::array<std::array<std::string_view, 2>, 4> kEmbedderInGguf{
    {{"embedding.weight", "mm.embedding.weight"},
     {"hard_embedding_norm.weight", "mm.hard_emb_norm.weight"},
     {"soft_embedding_norm.weight", "mm.soft_emb_norm.weight"},
     {"embedding_projection.weight", "mm.input_projection.weight"}}};

constexpr std::string_view kStemWeight = "conv_stem.conv.weight";

bool hasStem(const file::TensorTable& tensors, std::string_view prefix)
{
    return tensors.find(std::string(prefix).append(kStemWeight)) != nullptr;
}

// Finds tensors by the names of spec 02 §8, without their prefix, and checks their shapes. The
// first thing that is wrong is kept; what is found after it does not count.
class Finder {
public:
    explicit Finder(const file::ModelFiles& files) : m_tensors(files.tensors)
    {
        for (std::size_t i = 0; i < kTowerPrefixes.size(); ++i) {
            if (!hasStem(m_tensors, kTowerPrefixes[i]))
                continue;
            m_tower = kTowerPrefixes[i];
            m_embedder = kEmbedderPrefixes[i];
        }
        m_isGguf = m_tower.empty();
        if (m_isGguf)
            m_tower = kTowerInGguf;
    }

    std::string towerName(std::string_view name) const
    {
        std::string full(m_tower);
        constexpr std::string_view kBlocks = "blocks.";
        if (m_isGguf && name.starts_with(kBlocks))
            return full.append("blk.").append(name.substr(kBlocks.size()));
        return full.append(name);
    }

    std::string embedderName(std::string_view name) const
    {
        if (!m_isGguf)
            return std::string(m_embedder).append(name);
        for (const auto& [published, inGguf] : kEmbedderInGguf) {
            if (name == published)
                return std::string(inGguf);
        }
        return {};
    }

    bool has(std::string_view towerTensor) const { return hasFull(towerName(towerTensor)); }
    bool hasFull(std::string_view name) const { return m_tensors.find(name) != nullptr; }

    // `inputs` 0: whatever the tensor has.
    DenseSource dense(const std::string& name, std::uint32_t inputs)
    {
        DenseSource source{.name = name};
        source.tensor = want(name);
        if (source.tensor == nullptr)
            return source;
        const auto& shape = source.tensor->shape;
        const bool isMatrix = shape.size() == 2;
        if (!isMatrix && (shape.size() != 4 || shape[2] != shape[3] || shape[2] > kMaxKernel))
            return fail(name, "is no convolution"), source;
        source.outputs = channels(name, shape[0]);
        source.inputs = channels(name, shape[1]);
        source.kernel = isMatrix ? 1 : static_cast<std::uint32_t>(shape[2]);
        if (inputs != 0 && source.inputs != inputs)
            fail(name, "takes " + std::to_string(source.inputs) + " channels where " +
                           std::to_string(inputs) + " arrive");
        if (!kernels::isEncoderType(source.tensor->type))
            unsupported(name, *source.tensor);
        return source;
    }

    DepthwiseSource depthwise(const std::string& name, std::uint32_t expected)
    {
        DepthwiseSource source{.name = name};
        source.tensor = want(name);
        if (source.tensor == nullptr)
            return source;
        const auto& shape = source.tensor->shape;
        if (shape.size() != 4 || shape[1] != 1 || shape[2] != shape[3] || shape[2] > kMaxKernel)
            return fail(name, "is no convolution of single channels"), source;
        source.channels = channels(name, shape[0]);
        source.kernel = static_cast<std::uint32_t>(shape[2]);
        if (source.channels != expected)
            fail(name, "has " + std::to_string(source.channels) + " channels where " +
                           std::to_string(expected) + " arrive");
        return source;
    }

    VectorSource vector(const std::string& name, std::uint32_t size)
    {
        return {name, wantVector(name, size), nullptr, size};
    }

    VectorSource scaledVector(const std::string& name, const std::string& factor,
                              std::uint32_t size)
    {
        VectorSource source = vector(name, size);
        if (m_tensors.find(factor) != nullptr)
            source.factor = wantVector(factor, size);
        return source;
    }

    VectorSource vectorOrOnes(const std::string& name, std::uint32_t size)
    {
        const bool isThere = m_tensors.find(name) != nullptr;
        return {name, isThere ? wantVector(name, size) : nullptr, nullptr, size};
    }

    // One value for each of `size` channels; dimensions of one do not count.
    const StoredTensor* wantVector(const std::string& name, std::uint32_t size)
    {
        const StoredTensor* tensor = want(name);
        if (tensor == nullptr)
            return nullptr;
        std::uint64_t elements = 1;
        bool isVector = true;
        for (const std::uint64_t dimension : tensor->shape) {
            isVector = isVector && (dimension == 1 || elements == 1);
            elements = std::max(elements, dimension);
        }
        if (!isVector || elements != size)
            fail(name, "does not have one value for each of " + std::to_string(size) + " channels");
        return tensor;
    }

    const StoredTensor* want(const std::string& name)
    {
        const StoredTensor* tensor = m_tensors.find(name);
        if (tensor == nullptr)
            keep({ErrorCode::InvalidFile, "The vision encoder lacks its tensor '" + name + "'."});
        return tensor;
    }

    void fail(const std::string& name, const std::string& what)
    {
        keep({ErrorCode::InvalidFile, "Tensor '" + name + "' of the vision encoder " + what + "."});
    }

    void keep(Error error)
    {
        if (!m_error)
            m_error = std::move(error);
    }

    const std::optional<Error>& error() const noexcept { return m_error; }

private:
    std::uint32_t channels(const std::string& name, std::uint64_t count)
    {
        if (count == 0 || count > kMaxChannels)
            fail(name, "has " + std::to_string(count) + " channels");
        return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(count, 1, kMaxChannels));
    }

    void unsupported(const std::string& name, const StoredTensor& tensor)
    {
        keep({ErrorCode::UnsupportedModel, "Tensor '" + name +
                                               "' of the vision encoder is of type " +
                                               std::string(file::typeInfo(tensor.type).name) +
                                               "; encoders are read as F32, F16, BF16 or Q8_0."});
    }

    const file::TensorTable& m_tensors;
    std::string_view m_tower;
    std::string_view m_embedder;
    bool m_isGguf = false;
    std::optional<Error> m_error;
};

using Sources = NetworkSources;

// Finds the parts of one block, `name` being "blocks.S.B." in the file's own naming.
class BlockFinder {
public:
    BlockFinder(Finder& finder, std::string name, std::uint32_t inputs)
        : m_finder(finder)
        , m_name(std::move(name))
        , m_inputs(inputs)
    {
    }

    Sources::EdgeResidual edgeResidual()
    {
        Sources::EdgeResidual block;
        block.expand = denseNorm("conv_exp.weight", "bn1.weight", m_inputs);
        block.project = denseNorm("conv_pwl.weight", "bn2.weight", block.expand.conv.outputs);
        return block;
    }

    Sources::InvertedResidual invertedResidual()
    {
        Sources::InvertedResidual block;
        block.start = depthwiseNorm("dw_start.conv.weight", "dw_start.bn.weight", m_inputs);
        block.expand = denseNorm("pw_exp.conv.weight", "pw_exp.bn.weight", m_inputs);
        const std::uint32_t middle = block.expand.conv.outputs;
        block.middle = depthwiseNorm("dw_mid.conv.weight", "dw_mid.bn.weight", middle);
        block.project.conv = m_finder.dense(full("pw_proj.conv.weight"), middle);
        block.project.norm = m_finder.scaledVector(
            full("pw_proj.bn.weight"), full("layer_scale.gamma"), block.project.conv.outputs);
        return block;
    }

    Sources::Attention attention()
    {
        Sources::Attention block;
        block.norm = m_finder.vector(full("norm.weight"), m_inputs);
        block.query = m_finder.dense(full("attn.query.proj.weight"), m_inputs);
        block.keyDown =
            depthwiseNorm("attn.key.down_conv.weight", "attn.key.norm.weight", m_inputs);
        block.key = m_finder.dense(full("attn.key.proj.weight"), m_inputs);
        block.valueDown =
            depthwiseNorm("attn.value.down_conv.weight", "attn.value.norm.weight", m_inputs);
        const DenseSource value = m_finder.dense(full("attn.value.proj.weight"), m_inputs);
        block.value = {value.name, value.tensor, 0, value.outputs, value.inputs};
        block.output = m_finder.dense(full("attn.output.proj.weight"), block.query.outputs);
        block.layerScale = m_finder.vectorOrOnes(full("layer_scale.gamma"), m_inputs);
        checkHeads(block);
        return block;
    }

private:
    std::string full(std::string_view name) const { return m_name + std::string(name); }

    Sources::DenseNorm denseNorm(std::string_view conv, std::string_view norm, std::uint32_t inputs)
    {
        Sources::DenseNorm part;
        part.conv = m_finder.dense(full(conv), inputs);
        part.norm = m_finder.vector(full(norm), part.conv.outputs);
        return part;
    }

    std::optional<Sources::DepthwiseNorm> depthwiseNorm(std::string_view conv,
                                                        std::string_view norm, std::uint32_t inputs)
    {
        if (!m_finder.hasFull(full(conv)))
            return std::nullopt;
        return Sources::DepthwiseNorm{m_finder.depthwise(full(conv), inputs),
                                      m_finder.vector(full(norm), inputs)};
    }

    void checkHeads(const Sources::Attention& block)
    {
        const std::uint32_t headDim = std::max(block.key.outputs, 1U);
        if (block.value.rows != headDim || block.query.outputs % headDim != 0)
            m_finder.fail(block.query.name, "does not have whole heads of the size of its keys");
        if (headDim % 4 != 0)
            m_finder.fail(block.query.name, "has heads of " + std::to_string(headDim) +
                                                " values; they must be in fours");
        if (block.keyDown.has_value() != block.valueDown.has_value())
            m_finder.fail(block.key.name, "and the values are not of the same resolution");
        if (block.output.outputs != m_inputs)
            m_finder.fail(block.output.name, "does not give back the channels that it got");
    }

    Finder& m_finder;
    std::string m_name;
    std::uint32_t m_inputs;
};

std::uint32_t outputsOf(const Sources::Block& block)
{
    if (const auto* edge = std::get_if<Sources::EdgeResidual>(&block.layers))
        return edge->project.conv.outputs;
    if (const auto* inverted = std::get_if<Sources::InvertedResidual>(&block.layers))
        return inverted->project.conv.outputs;
    return std::get<Sources::Attention>(block.layers).output.outputs;
}

// Blocks follow one another until a number is missing. The first of a stage halves the map.
Sources::Stage findStage(Finder& finder, std::uint32_t stage, std::uint32_t& channels)
{
    Sources::Stage blocks;
    for (std::uint32_t i = 0; i < kMaxBlocks && !finder.error(); ++i) {
        const std::string name = "blocks." + std::to_string(stage) + "." + std::to_string(i) + ".";
        BlockFinder block(finder, finder.towerName(name), channels);
        Sources::Block found;
        found.stride = i == 0 ? 2 : 1;
        if (finder.has(name + "conv_exp.weight"))
            found.layers = block.edgeResidual();
        else if (finder.has(name + "attn.query.proj.weight"))
            found.layers = block.attention();
        else if (finder.has(name + "pw_exp.conv.weight"))
            found.layers = block.invertedResidual();
        else
            break;
        if (found.stride != 1 && std::holds_alternative<Sources::Attention>(found.layers))
            finder.fail(finder.towerName(name), "begins a stage with attention");
        channels = outputsOf(found);
        blocks.push_back(std::move(found));
    }
    if (blocks.empty())
        finder.keep({ErrorCode::InvalidFile,
                     "Stage " + std::to_string(stage) + " of the vision encoder has no blocks."});
    return blocks;
}

void findStem(Finder& finder, Sources& network)
{
    const std::string bias = finder.towerName("conv_stem.conv.bias");
    if (!finder.hasFull(bias)) {
        finder.keep({ErrorCode::UnsupportedModel,
                     "This vision encoder is the broken upload from before July 2025: it has no '" +
                         bias +
                         "', and its kernels are transposed. Get the model's current "
                         "files."});
        return;
    }
    auto& stem = network.stem;
    stem.conv = finder.dense(finder.towerName(kStemWeight), 3);
    stem.conv.bias = finder.wantVector(bias, stem.conv.outputs);
    stem.norm = finder.vector(finder.towerName("conv_stem.bn.weight"), stem.conv.outputs);
}

void findEmbedder(Finder& finder, const VisionConfig& config, std::uint32_t width, Sources& network)
{
    network.projection = finder.dense(finder.embedderName("embedding_projection.weight"), width);
    network.softNorm = finder.vector(finder.embedderName("soft_embedding_norm.weight"), width);
    network.hardNorm = finder.vector(finder.embedderName("hard_embedding_norm.weight"), width);
    network.postProjectionNorm = {"", nullptr, nullptr, network.projection.outputs};

    const std::string table = finder.embedderName("embedding.weight");
    network.hardEmbedding = {table, finder.want(table), config.endRow, 1, width};
    if (network.hardEmbedding.tensor == nullptr)
        return;
    const auto& shape = network.hardEmbedding.tensor->shape;
    if (shape.size() != 2 || shape[1] != width || shape[0] <= config.endRow)
        finder.fail(table, "has no row for the end of a picture");
}

}  // namespace

bool hasVisionEncoder(const file::TensorTable& tensors)
{
    return hasStem(tensors, kTowerInGguf) ||
           std::any_of(kTowerPrefixes.begin(), kTowerPrefixes.end(),
                       [&](std::string_view prefix) { return hasStem(tensors, prefix); });
}

Result<NetworkSources> findNetwork(const file::ModelFiles& files, const VisionConfig& config)
{
    if (!hasVisionEncoder(files.tensors))
        return Error{ErrorCode::UnsupportedModel,
                     files.path.string() + " holds no vision encoder."};
    Finder finder(files);
    Sources network;
    findStem(finder, network);

    std::uint32_t channels = network.stem.conv.outputs;
    std::vector<std::uint32_t> stageChannels;
    for (std::uint32_t stage = 0; stage < kStages && !finder.error(); ++stage) {
        network.stages.push_back(findStage(finder, stage, channels));
        stageChannels.push_back(channels);
    }
    if (!finder.error()) {
        const std::uint32_t joined = stageChannels[kStages - 2] + stageChannels[kStages - 1];
        network.fusion =
            BlockFinder(finder, finder.towerName("msfa.ffn."), joined).invertedResidual();
        const std::uint32_t width = network.fusion.project.conv.outputs;
        network.fusionNorm = finder.vector(finder.towerName("msfa.norm.weight"), width);
        findEmbedder(finder, config, width, network);
    }
    if (finder.error())
        return *finder.error();
    return network;
}

}  // namespace engine::vision
