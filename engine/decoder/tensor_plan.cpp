#include "engine/decoder/tensor_plan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "engine/decoder/tensor_names.h"
#include "engine/file/tensor_finder.h"

namespace engine::decoder {

namespace {

using file::Shape;

// Knows which tensors the architecture has.
class Planner {
public:
    Planner(const DecoderConfig& config, const file::ModelFiles& files)
        : m_config(config)
        , m_files(files)
        , m_names(files)
        , m_finder(files)
    {
    }

    DecoderSources plan();
    const std::vector<std::string>& problems() const { return m_finder.problems(); }

private:
    MatrixSource matrix(const std::string& name, std::uint32_t rows, std::uint32_t columns)
    {
        return m_finder.matrix(name, rows, columns);
    }
    VectorSource vector(const std::string& name, const Shape& shape)
    {
        return m_finder.vector(name, shape);
    }
    VectorSource norm(const std::string& name, std::uint32_t size);

    LayerSources layer(std::uint32_t index);
    void planGemma3n(std::uint32_t index, LayerSources& sources);
    void planGlobals(DecoderSources& sources);
    MatrixSource perLayerEmbeddings();
    std::vector<MatrixSource> projections(const char* stem);
    void checkHead(const char* name, const MatrixSource& embedding);
    void reportUnknown();

    bool isGguf() const { return m_files.format == file::Format::Gguf; }
    bool isGemma3n() const { return m_config.architecture == Architecture::Gemma3n; }

    const DecoderConfig& m_config;
    const file::ModelFiles& m_files;
    TensorNames m_names;
    file::TensorFinder m_finder;
};

VectorSource Planner::norm(const std::string& name, std::uint32_t size)
{
    VectorSource source = vector(name, {size});
    // Gemma 3 trains w - 1; converters to GGUF add the one, safetensors keep what was trained.
    if (!isGguf() && !isGemma3n())
        source.offset = 1.0F;
    return source;
}

LayerSources Planner::layer(std::uint32_t index)
{
    const LayerConfig& config = m_config.layers[index];
    const std::uint32_t hidden = m_config.hiddenSize;
    const std::uint32_t queries = m_config.heads * m_config.headDim;
    const std::uint32_t keys = m_config.kvHeads * m_config.headDim;
    const auto name = [&](std::string_view part) { return m_names.layer(index, part); };

    LayerSources sources;
    sources.inputNorm = norm(name("input_layernorm.weight"), hidden);
    sources.qProj = matrix(name("self_attn.q_proj.weight"), queries, hidden);
    sources.qNorm = norm(name("self_attn.q_norm.weight"), m_config.headDim);
    if (config.kvLayer == index) {
        sources.kProj = matrix(name("self_attn.k_proj.weight"), keys, hidden);
        sources.vProj = matrix(name("self_attn.v_proj.weight"), keys, hidden);
        sources.kNorm = norm(name("self_attn.k_norm.weight"), m_config.headDim);
    } else {
        for (const char* part :
             {"self_attn.k_proj.weight", "self_attn.v_proj.weight", "self_attn.k_norm.weight"})
            m_finder.expect(name(part));
    }
    sources.oProj = matrix(name("self_attn.o_proj.weight"), hidden, queries);
    sources.postAttentionNorm = norm(name("post_attention_layernorm.weight"), hidden);
    sources.preFeedforwardNorm = norm(name("pre_feedforward_layernorm.weight"), hidden);
    sources.gateProj = matrix(name("mlp.gate_proj.weight"), config.ffnWidth, hidden);
    sources.upProj = matrix(name("mlp.up_proj.weight"), config.ffnWidth, hidden);
    sources.downProj = matrix(name("mlp.down_proj.weight"), hidden, config.ffnWidth);
    sources.isSparse = isGemma3n() && cutsMost(config);
    sources.postFeedforwardNorm = norm(name("post_feedforward_layernorm.weight"), hidden);
    if (isGemma3n())
        planGemma3n(index, sources);
    return sources;
}

void Planner::planGemma3n(std::uint32_t index, LayerSources& sources)
{
    const std::uint32_t hidden = m_config.hiddenSize;
    const std::uint32_t inputs = m_config.altupInputs;
    const std::uint32_t perLayer = m_config.perLayerInputSize;
    const auto name = [&](std::string_view part) { return m_names.layer(index, part); };

    sources.laurelLeft = matrix(name("laurel.linear_left.weight"), m_config.laurelRank, hidden);
    sources.laurelRight = matrix(name("laurel.linear_right.weight"), hidden, m_config.laurelRank);
    sources.postLaurelNorm = norm(name("laurel.post_laurel_norm.weight"), hidden);
    sources.altupRouter = vector(name("altup.modality_router.weight"), {inputs, hidden});
    sources.altupRouterNorm = norm(name("altup.router_norm.weight"), hidden);
    sources.altupPredictionCoefs =
        vector(name("altup.prediction_coefs.weight"), {inputs * inputs, inputs});
    sources.altupPredictionCoefs.clip = m_config.altupCoefClip;
    sources.altupCorrectionCoefs = vector(name("altup.correction_coefs.weight"), {inputs, inputs});
    sources.altupCorrectionCoefs.clip = m_config.altupCoefClip;
    sources.altupCorrectScale = vector(name("altup.correct_output_scale"), {hidden});
    sources.perLayerInputGate = matrix(name("per_layer_input_gate.weight"), perLayer, hidden);
    sources.perLayerProjection = matrix(name("per_layer_projection.weight"), hidden, perLayer);
    sources.postPerLayerInputNorm = norm(name("post_per_layer_input_norm.weight"), hidden);
}

// The table may have a row for every id or for text pieces only; converters pad it.
MatrixSource Planner::perLayerEmbeddings()
{
    const std::string name = m_names.global("embed_tokens_per_layer.weight");
    std::uint64_t rows = m_config.textVocabularySize;
    const file::StoredTensor* tensor = m_files.tensors.find(name);
    if (tensor != nullptr && tensor->shape.size() == 2 && tensor->shape.front() >= rows &&
        tensor->shape.front() <= 0x7FFFFFFF)
        rows = tensor->shape.front();
    const auto columns =
        static_cast<std::uint32_t>(m_config.layers.size()) * m_config.perLayerInputSize;
    return matrix(name, static_cast<std::uint32_t>(rows), columns);
}

// One matrix for each further stream: tensors of their own, or slices of one in GGUF.
std::vector<MatrixSource> Planner::projections(const char* stem)
{
    const std::uint32_t hidden = m_config.hiddenSize;
    const std::uint32_t count = m_config.altupInputs - 1;
    std::vector<MatrixSource> sources;
    if (!isGguf()) {
        for (std::uint32_t i = 0; i < count; ++i)
            sources.push_back(
                matrix(m_names.global(std::string(stem) + "." + std::to_string(i) + ".weight"),
                       hidden, hidden));
        return sources;
    }
    if (count == 0)
        return sources;
    const std::string name = m_names.global(std::string(stem) + ".weight");
    const file::StoredTensor* stacked = m_finder.find(name, {count, hidden, hidden});
    if (stacked == nullptr)
        return sources;
    const std::uint64_t rowBytes = file::rowBytesOf(stacked->type, hidden);
    const auto bytes = static_cast<std::size_t>(rowBytes * hidden);
    for (std::uint32_t i = 0; i < count; ++i)
        sources.push_back({name, stacked->type, hidden, hidden, rowBytes,
                           stacked->bytes.subspan(i * bytes, bytes)});
    return sources;
}

// An output head of its own is accepted where it repeats the embeddings, as some files do. Looking
// at some rows is enough: heads that were trained apart differ everywhere.
void Planner::checkHead(const char* name, const MatrixSource& embedding)
{
    const file::StoredTensor* head = m_files.tensors.find(name);
    m_finder.expect(name);
    if (head == nullptr || !embedding.isPresent())
        return;
    constexpr std::uint64_t kSamples = 16;
    bool repeats = head->type == embedding.type && head->bytes.size() == embedding.bytes.size();
    for (std::uint64_t i = 0; i < kSamples && repeats; ++i) {
        const std::uint64_t row = i * (embedding.rows - 1) / (kSamples - 1);
        const auto offset = static_cast<std::size_t>(row * embedding.rowBytes);
        repeats = std::memcmp(head->bytes.data() + offset, embedding.bytes.data() + offset,
                              static_cast<std::size_t>(embedding.rowBytes)) == 0;
    }
    if (!repeats)
        m_finder.complain(std::string("tensor ") + name + " is an output head that differs from " +
                          embedding.name + ", which is not supported");
}

void Planner::planGlobals(DecoderSources& sources)
{
    const std::uint32_t hidden = m_config.hiddenSize;
    sources.embedTokens =
        matrix(m_names.global("embed_tokens.weight"), m_config.vocabularySize, hidden);
    sources.finalNorm = norm(m_names.global("norm.weight"), hidden);
    for (const char* head : {"output.weight", "lm_head.weight", "language_model.lm_head.weight"})
        checkHead(head, sources.embedTokens);
    if (!isGemma3n())
        return;
    const auto columns =
        static_cast<std::uint32_t>(m_config.layers.size()) * m_config.perLayerInputSize;
    sources.embedTokensPerLayer = perLayerEmbeddings();
    sources.perLayerModelProjection =
        matrix(m_names.global("per_layer_model_projection.weight"), columns, hidden);
    sources.perLayerProjectionNorm =
        norm(m_names.global("per_layer_projection_norm.weight"), m_config.perLayerInputSize);
    sources.altupProjections = projections("altup_projections");
    sources.altupUnembedProjections = projections("altup_unembed_projections");
}

// Tensors of the text model that nothing asks for: the file is of another kind than it says, or
// newer than the engine, and would be run wrongly. What belongs to the encoders is not ours to
// judge.
void Planner::reportUnknown()
{
    static constexpr std::array<std::string_view, 4> kForeignGguf{"v.", "a.", "mm.",
                                                                  "rope_freqs.weight"};
    static constexpr std::array<std::string_view, 5> kForeign{
        "vision_tower.", "audio_tower.", "embed_vision.", "embed_audio.", "multi_modal_projector."};
    const auto isForeign = [](std::string_view name, const auto& prefixes) {
        return std::any_of(prefixes.begin(), prefixes.end(),
                           [&](std::string_view prefix) { return name.starts_with(prefix); });
    };
    for (const auto& [name, tensor] : m_files.tensors.tensors) {
        const std::string& prefix = m_names.prefix();
        if (m_finder.knows(name) || !name.starts_with(prefix))
            continue;
        const std::string_view rest = std::string_view(name).substr(prefix.size());
        if (isGguf() ? !isForeign(rest, kForeignGguf) : !isForeign(rest, kForeign))
            m_finder.complain("tensor " + name + " is not known in this model");
    }
}

DecoderSources Planner::plan()
{
    DecoderSources sources;
    planGlobals(sources);
    for (std::uint32_t i = 0; i < m_config.layers.size(); ++i)
        sources.layers.push_back(layer(i));
    reportUnknown();
    return sources;
}

}  // namespace

Result<DecoderSources> planTensors(const DecoderConfig& config, const file::ModelFiles& files)
{
    Planner planner(config, files);
    DecoderSources sources = planner.plan();
    if (!planner.problems().empty())
        return Error{ErrorCode::InvalidFile, planner.problems().front()};
    return sources;
}

std::vector<std::string> tensorProblems(const DecoderConfig& config, const file::ModelFiles& files)
{
    Planner planner(config, files);
    planner.plan();
    return planner.problems();
}

}  // namespace engine::decoder
