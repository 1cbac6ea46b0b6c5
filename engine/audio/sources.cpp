#include "engine/audio/sources.h"

#include <string>
#include <string_view>

#include "engine/audio/tensor_names.h"
#include "engine/file/tensor_finder.h"
#include "engine/kernels/shader_code.h"

namespace engine::audio {
namespace {

class Planner {
public:
    Planner(const AudioConfig& config, const file::ModelFiles& files)
        : m_config(config)
        , m_files(files)
        , m_names(files)
        , m_finder(files)
    {
    }

    AudioSources plan();
    const std::vector<std::string>& problems() const { return m_finder.problems(); }

private:
    MatrixSource matrix(const std::string& name, std::uint32_t rows, std::uint32_t columns);
    VectorSource vector(const std::string& name, std::uint32_t size)
    {
        return m_finder.vector(name, {size});
    }

    FeedForwardSources feedForward(std::uint32_t index, const std::string& which);
    BlockSources block(std::uint32_t index);
    void planFront(AudioSources& sources);
    VectorSource depthwise(const std::string& name);

    const AudioConfig& m_config;
    const file::ModelFiles& m_files;
    TensorNames m_names;
    file::TensorFinder m_finder;
};

MatrixSource Planner::matrix(const std::string& name, std::uint32_t rows, std::uint32_t columns)
{
    MatrixSource source = m_finder.matrix(name, rows, columns);
    if (source.isPresent() && !kernels::isEncoderType(source.type))
        m_finder.complain("tensor " + name + " is stored as " +
                          std::string(file::typeInfo(source.type).name) +
                          "; encoders for sound are read in F32, F16, BF16 and Q8_0");
    return source;
}

FeedForwardSources Planner::feedForward(std::uint32_t index, const std::string& which)
{
    const auto name = [&](const char* part) { return m_names.block(index, which + part); };
    FeedForwardSources sources;
    sources.preNorm = vector(name(".pre_layer_norm.weight"), m_config.hiddenSize);
    sources.up = matrix(name(".ffw_layer_1.weight"), m_config.ffnWidth, m_config.hiddenSize);
    sources.down = matrix(name(".ffw_layer_2.weight"), m_config.hiddenSize, m_config.ffnWidth);
    sources.postNorm = vector(name(".post_layer_norm.weight"), m_config.hiddenSize);
    return sources;
}

// [channels × 1 × taps], or without the one.
VectorSource Planner::depthwise(const std::string& name)
{
    const file::StoredTensor* tensor = m_files.tensors.find(name);
    if (tensor != nullptr && tensor->shape.size() == 2)
        return m_finder.vector(name, {m_config.hiddenSize, m_config.convTaps});
    return m_finder.vector(name, {m_config.hiddenSize, 1, m_config.convTaps});
}

BlockSources Planner::block(std::uint32_t index)
{
    const std::uint32_t hidden = m_config.hiddenSize;
    const auto name = [&](std::string_view part) { return m_names.block(index, part); };

    BlockSources sources;
    sources.start = feedForward(index, "ffw_layer_start");
    sources.preAttentionNorm = vector(name("attention.pre_attn_norm.weight"), hidden);
    sources.query = matrix(name("attention.attn.q_proj.weight"), hidden, hidden);
    sources.key = matrix(name("attention.attn.k_proj.weight"), hidden, hidden);
    sources.value = matrix(name("attention.attn.v_proj.weight"), hidden, hidden);
    sources.perDimScale = vector(name("attention.attn.per_dim_scale"), m_config.headDim);
    sources.positions =
        matrix(name("attention.attn.relative_position_embedding.pos_proj.weight"), hidden, hidden);
    sources.post = matrix(name("attention.post.weight"), hidden, hidden);
    sources.postAttentionNorm = vector(name("attention.post_norm.weight"), hidden);
    sources.preConvNorm = vector(name("lconv1d.pre_layer_norm.weight"), hidden);
    sources.convStart = matrix(name("lconv1d.linear_start.weight"), 2 * hidden, hidden);
    sources.depthwise = depthwise(name("lconv1d.depthwise_conv1d.weight"));
    sources.convNorm = vector(name("lconv1d.conv_norm.weight"), hidden);
    sources.convEnd = matrix(name("lconv1d.linear_end.weight"), hidden, hidden);
    sources.end = feedForward(index, "ffw_layer_end");
    sources.finalNorm = vector(name("norm.weight"), hidden);
    return sources;
}

void Planner::planFront(AudioSources& sources)
{
    for (std::size_t i = 0; i < m_config.front.size(); ++i) {
        const kernels::FrontConvShape& conv = m_config.front[i];
        const std::string name = "conv_" + std::to_string(i);
        sources.frontConv[i] = m_finder.vector(
            m_names.front(name + ".conv.weight"),
            {conv.outputChannels, conv.inputChannels, conv.kernelFrames, conv.kernelFrequencies});
        sources.frontNorm[i] = vector(m_names.front(name + ".norm.weight"), conv.outputChannels);
    }
    const kernels::FrontConvShape& last = m_config.front.back();
    sources.inputProjection = matrix(m_names.front("input_proj_linear.weight"), m_config.hiddenSize,
                                     last.outputFrequencies * last.outputChannels);
}

AudioSources Planner::plan()
{
    const std::uint32_t hidden = m_config.hiddenSize;
    AudioSources sources;
    planFront(sources);
    for (std::uint32_t i = 0; i < m_config.layers; ++i)
        sources.blocks.push_back(block(i));
    sources.softNorm = vector(m_names.embedder("soft_embedding_norm.weight"), hidden);
    sources.hardNorm = vector(m_names.embedder("hard_embedding_norm.weight"), hidden);
    sources.embedding =
        matrix(m_names.embedder("embedding.weight"), m_config.vocabularySize, hidden);
    sources.projection =
        matrix(m_names.embedder("embedding_projection.weight"), m_config.textHiddenSize, hidden);
    return sources;
}

std::uint64_t sizeOf(const MatrixSource& source)
{
    return std::uint64_t{source.rows} * source.columns;
}

std::uint64_t sizeOf(const FeedForwardSources& sources)
{
    return sizeOf(sources.up) + sizeOf(sources.down) + sources.preNorm.size + sources.postNorm.size;
}

std::uint64_t sizeOf(const BlockSources& block)
{
    std::uint64_t size = sizeOf(block.start) + sizeOf(block.end);
    for (const MatrixSource* source : {&block.query, &block.key, &block.value, &block.post,
                                       &block.positions, &block.convStart, &block.convEnd})
        size += sizeOf(*source);
    for (const VectorSource* source :
         {&block.preAttentionNorm, &block.postAttentionNorm, &block.perDimScale, &block.preConvNorm,
          &block.convNorm, &block.depthwise, &block.finalNorm})
        size += source->size;
    return size;
}

}  // namespace

std::uint64_t AudioSources::parameters() const
{
    std::uint64_t size = sizeOf(inputProjection) + sizeOf(embedding) + sizeOf(projection) +
                         softNorm.size + hardNorm.size;
    for (std::size_t i = 0; i < frontConv.size(); ++i)
        size += frontConv[i].size + frontNorm[i].size;
    for (const BlockSources& block : blocks)
        size += sizeOf(block);
    return size;
}

Result<AudioSources> findTensors(const AudioConfig& config, const file::ModelFiles& files)
{
    Planner planner(config, files);
    AudioSources sources = planner.plan();
    if (!planner.problems().empty())
        return Error{ErrorCode::InvalidFile, planner.problems().front()};
    return sources;
}

}  // namespace engine::audio
