#include "engine/audio/config.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/audio/declared_config.h"
#include "engine/audio/tensor_names.h"

namespace engine::audio {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 14;
constexpr std::int64_t kMaxFfnWidth = 1 << 16;
constexpr std::int64_t kMaxLayers = 256;
constexpr std::int64_t kMaxHeadDim = 1024;
constexpr std::int64_t kMaxSpan = 256;  // of kernels, strides and windows
constexpr std::int64_t kMaxSoftTokens = 1 << 16;
constexpr std::uint64_t kMaxPositions = 1 << 20;  // elements of a block's table of distances

// Zeros that the published front puts on either side of the frequencies.
constexpr std::uint32_t kPaddingFrequencies = 1;

// Turns what a file declares into numbers that can be. The first that cannot is kept.
class Validator {
public:
    Validator(const DeclaredConfig& declared, const file::ModelFiles& files)
        : m_declared(declared)
        , m_files(files)
        , m_names(files)
    {
    }

    Result<AudioConfig> validate();

private:
    std::uint32_t number(std::int64_t value, const std::string& what, std::int64_t most,
                         std::int64_t least = 1)
    {
        if (value >= least && value <= most)
            return static_cast<std::uint32_t>(value);
        fail(what + " is " + std::to_string(value) + ", but must be from " + std::to_string(least) +
             " to " + std::to_string(most));
        return static_cast<std::uint32_t>(least);
    }

    float number(double value, const std::string& what, double least, double most)
    {
        if (value >= least && value <= most)  // false for NaN
            return static_cast<float>(value);
        fail(what + " has a value that cannot be: " + std::to_string(value));
        return static_cast<float>(least);
    }

    // The rows of a matrix that nothing else tells.
    std::uint32_t rowsOf(const std::string& name, std::int64_t most)
    {
        if (m_files.tensors.find(name) == nullptr && !m_error)
            m_error = Error{ErrorCode::InvalidFile,
                            m_files.path.string() + ": tensor " + name + " is missing."};
        return number(extentOf(m_files, name, 0), "the first extent of tensor " + name, most);
    }

    void readFront();
    void readBlocks();
    void readEmbedder();

    void fail(const std::string& problem)
    {
        if (!m_error)
            m_error = Error{ErrorCode::InvalidFile, m_declared.source + ": " + problem + "."};
    }

    const DeclaredConfig& m_declared;
    const file::ModelFiles& m_files;
    TensorNames m_names;
    AudioConfig m_config;
    std::optional<Error> m_error;
};

void Validator::readFront()
{
    m_config.melBins = number(m_declared.melBins, "the number of mel bins", 1024);
    std::uint32_t channels = 1;
    std::uint32_t frequencies = m_config.melBins;
    for (std::size_t i = 0; i < m_config.front.size(); ++i) {
        kernels::FrontConvShape& conv = m_config.front[i];
        const std::string which = " of convolution " + std::to_string(i);
        conv.inputChannels = channels;
        conv.inputFrequencies = frequencies;
        conv.outputChannels =
            number(m_declared.channels[i], "the number of channels" + which, 4096);
        conv.kernelFrames = number(m_declared.kernelFrames[i], "the kernel" + which, 16);
        conv.kernelFrequencies = number(m_declared.kernelFrequencies[i], "the kernel" + which, 16);
        // Frames that none of its outputs looked at would have to be skipped.
        conv.strideFrames =
            number(m_declared.strideFrames[i], "the stride" + which, conv.kernelFrames);
        conv.strideFrequencies = number(m_declared.strideFrequencies[i], "the stride" + which, 16);
        conv.paddingFrequencies = kPaddingFrequencies;
        if (frequencies + 2 * kPaddingFrequencies < conv.kernelFrequencies)
            return fail("the kernel" + which + " is wider than what it reads");
        conv.outputFrequencies = (frequencies + 2 * kPaddingFrequencies - conv.kernelFrequencies) /
                                     conv.strideFrequencies +
                                 1;
        channels = conv.outputChannels;
        frequencies = conv.outputFrequencies;
    }
}

void Validator::readBlocks()
{
    m_config.hiddenSize = number(m_declared.hiddenSize, "the hidden size", kMaxWidth);
    m_config.layers = number(m_declared.layers, "the number of blocks", kMaxLayers);
    m_config.heads = number(m_declared.heads, "the number of heads", m_config.hiddenSize);
    if (m_config.hiddenSize % m_config.heads != 0)
        fail("the number of heads does not divide the hidden size");
    m_config.headDim =
        number(m_config.hiddenSize / m_config.heads, "the width of a head", kMaxHeadDim);
    m_config.ffnWidth =
        rowsOf(m_names.block(0, "ffw_layer_start.ffw_layer_1.weight"), kMaxFfnWidth);
    m_config.convTaps = number(m_declared.convTaps, "the kernel of the blocks", kMaxSpan);
    // The context counts the frame itself; without it there is still that.
    m_config.window =
        std::max(number(m_declared.contextLeft, "conf_attention_context_left", kMaxSpan, 0), 1U);
    if (std::uint64_t{m_config.window} * m_config.hiddenSize > kMaxPositions)
        fail("conf_attention_context_left makes tables larger than any model's");
    if (m_declared.contextRight != 0 && !m_error)
        m_error = Error{ErrorCode::UnsupportedModel,
                        m_declared.source + ": conf_attention_context_right is " +
                            std::to_string(m_declared.contextRight) +
                            "; sound that is yet to come cannot be waited for."};
    m_config.logitCap = number(m_declared.logitCap, "conf_attention_logit_cap", 1e-3, 1e9);
    m_config.residualWeight = number(m_declared.residualWeight, "conf_residual_weight", -1e3, 1e3);
    m_config.clip = number(m_declared.clip, "gradient_clipping", 1e-6, 1e30);
    m_config.rmsNormEpsilon = number(m_declared.rmsNormEpsilon, "rms_norm_eps", 0.0, 1.0);
    m_config.groupNormEpsilon =
        number(m_declared.groupNormEpsilon, "sscp_conv_group_norm_eps", 0.0, 1.0);
    m_config.reduction = number(m_declared.reduction, "conf_reduction_factor", kMaxSpan);
}

void Validator::readEmbedder()
{
    m_config.textHiddenSize = rowsOf(m_names.embedder("embedding_projection.weight"), kMaxFfnWidth);
    m_config.vocabularySize = rowsOf(m_names.embedder("embedding.weight"), 1 << 24);
    if (m_declared.endOfAudioId && m_declared.firstId)
        m_config.endOfAudioRow = number(*m_declared.endOfAudioId - *m_declared.firstId,
                                        "the place of eoa_token_id after vocab_offset",
                                        std::int64_t{m_config.vocabularySize} - 1, 0);
    m_config.softTokensPerClip =
        number(m_declared.softTokensPerClip, "the number of soft tokens of a clip", kMaxSoftTokens);
}

Result<AudioConfig> Validator::validate()
{
    readFront();
    readBlocks();
    readEmbedder();
    if (m_error)
        return *m_error;
    return m_config;
}

}  // namespace

Result<AudioConfig> readAudioConfig(const file::ModelFiles& files)
{
    ENGINE_TRY(const DeclaredConfig declared, files.format == file::Format::Gguf
                                                  ? readGgufConfig(files)
                                                  : readFolderConfig(files));
    return Validator(declared, files).validate();
}

}  // namespace engine::audio
