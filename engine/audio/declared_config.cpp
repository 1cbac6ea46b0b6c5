#include "engine/audio/declared_config.h"

#include <nlohmann/json.hpp>

#include "engine/audio/tensor_names.h"

namespace engine::audio {
namespace {

using nlohmann::json;

// Reads an object's numbers; what is absent or null stays as it was. The first thing that is wrong
// is kept.
class Reader {
public:
    Reader(const json& object, std::string source) : m_object(object), m_source(std::move(source))
    {
    }

    void integer(const char* key, std::int64_t& value)
    {
        if (const json* found = find(key))
            readInteger(*found, key, value);
    }

    void integer(const char* key, std::optional<std::int64_t>& value)
    {
        if (const json* found = find(key))
            readInteger(*found, key, value.emplace());
    }

    void real(const char* key, double& value)
    {
        const json* found = find(key);
        if (found == nullptr)
            return;
        if (found->is_number())
            value = found->get<double>();
        else
            fail(key, "is not a number");
    }

    // One number for each convolution.
    void pair(const char* key, std::array<std::int64_t, 2>& values)
    {
        const json* found = find(key);
        if (found == nullptr)
            return;
        if (!isPair(*found))
            return fail(key, "is not a list of two");
        for (std::size_t i = 0; i < 2; ++i)
            readInteger((*found)[i], key, values[i]);
    }

    // [time, frequency] for each convolution.
    void pairs(const char* key, std::array<std::int64_t, 2>& frames,
               std::array<std::int64_t, 2>& frequencies)
    {
        const json* found = find(key);
        if (found == nullptr)
            return;
        if (!isPair(*found) || !isPair((*found)[0]) || !isPair((*found)[1]))
            return fail(key, "is not a list of two pairs");
        for (std::size_t i = 0; i < 2; ++i) {
            readInteger((*found)[i][0], key, frames[i]);
            readInteger((*found)[i][1], key, frequencies[i]);
        }
    }

    const std::optional<Error>& error() const noexcept { return m_error; }

private:
    static bool isPair(const json& value) { return value.is_array() && value.size() == 2; }

    const json* find(const char* key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }

    void readInteger(const json& found, const char* key, std::int64_t& value)
    {
        if (found.is_number_unsigned() && found.get<std::uint64_t>() > INT64_MAX)
            fail(key, "is too large");
        else if (found.is_number_integer())
            value = found.get<std::int64_t>();
        else
            fail(key, "is not a whole number");
    }

    void fail(const char* key, const char* what)
    {
        if (!m_error)
            m_error = Error{ErrorCode::InvalidFile, m_source + ": " + key + " " + what + "."};
    }

    const json& m_object;
    std::string m_source;
    std::optional<Error> m_error;
};

Error unsupported(const file::ModelFiles& files, const std::string& what)
{
    return {ErrorCode::UnsupportedModel, files.path.string() + " " + what};
}

}  // namespace

Result<DeclaredConfig> readFolderConfig(const file::ModelFiles& files)
{
    const json config = json::parse(files.configJson);
    DeclaredConfig declared;
    declared.source = (files.path / "config.json").string();
    const auto audio = config.find("audio_config");
    if (audio == config.end() || !audio->is_object())
        return unsupported(files, "has no encoder for sound: its config.json has no audio_config.");

    Reader top(config, declared.source);
    top.integer("soft_tokens_per_clip", declared.softTokensPerClip);
    top.integer("audio_soft_tokens_per_image", declared.softTokensPerClip);
    top.integer("eoa_token_id", declared.endOfAudioId);

    Reader reader(*audio, declared.source);
    reader.integer("input_feat_size", declared.melBins);
    reader.pair("sscp_conv_channel_size", declared.channels);
    reader.pairs("sscp_conv_kernel_size", declared.kernelFrames, declared.kernelFrequencies);
    reader.pairs("sscp_conv_stride_size", declared.strideFrames, declared.strideFrequencies);
    reader.integer("hidden_size", declared.hiddenSize);
    reader.integer("conf_num_hidden_layers", declared.layers);
    reader.integer("conf_num_attention_heads", declared.heads);
    reader.integer("conf_conv_kernel_size", declared.convTaps);
    reader.integer("conf_attention_context_left", declared.contextLeft);
    reader.integer("conf_attention_context_right", declared.contextRight);
    reader.integer("conf_reduction_factor", declared.reduction);
    reader.real("conf_attention_logit_cap", declared.logitCap);
    reader.real("conf_residual_weight", declared.residualWeight);
    reader.real("gradient_clipping", declared.clip);
    reader.real("rms_norm_eps", declared.rmsNormEpsilon);
    reader.real("sscp_conv_group_norm_eps", declared.groupNormEpsilon);
    reader.integer("vocab_offset", declared.firstId);
    for (const Reader* each : {&top, &reader}) {
        if (each->error())
            return *each->error();
    }
    return declared;
}

Result<DeclaredConfig> readGgufConfig(const file::ModelFiles& files)
{
    if (files.metadata.text("general.architecture") != "clip" ||
        files.metadata.text("clip.audio.projector_type") != "gemma3na")
        return unsupported(files, "has no encoder for sound that is known; a file with one says "
                                  "gemma3na under clip.audio.projector_type.");

    const TensorNames names(files);
    const std::string taps = names.block(0, "lconv1d.depthwise_conv1d.weight");
    const std::string scales = names.block(0, "attention.attn.per_dim_scale");
    for (const std::string& name :
         {names.front("conv_0.conv.weight"), names.front("conv_1.conv.weight"),
          names.front("input_proj_linear.weight"), taps, scales}) {
        if (files.tensors.find(name) == nullptr)
            return Error{ErrorCode::InvalidFile,
                         files.path.string() + ": tensor " + name + " is missing."};
    }

    // The metadata counts rightly, but its widths are those of another layout, and its epsilon is
    // wrong: what tensors and the published model say holds.
    DeclaredConfig declared;
    declared.source = files.path.string();
    declared.melBins = files.metadata.integer("clip.audio.num_mel_bins").value_or(128);
    declared.layers = files.metadata.integer("clip.audio.block_count").value_or(0);
    declared.softTokensPerClip =
        files.metadata.integer("nestling.audio.soft_tokens_per_clip").value_or(188);
    for (std::size_t i = 0; i < 2; ++i) {
        const std::string conv = names.front("conv_" + std::to_string(i) + ".conv.weight");
        declared.channels[i] = extentOf(files, conv, 0);
        declared.kernelFrames[i] = extentOf(files, conv, 2);
        declared.kernelFrequencies[i] = extentOf(files, conv, 3);
    }
    declared.hiddenSize = extentOf(files, names.front("input_proj_linear.weight"), 0);
    const std::int64_t headDim = extentOf(files, scales, 0);
    declared.heads = headDim == 0 ? 0 : declared.hiddenSize / headDim;
    // [channels × 1 × taps], or without the one.
    declared.convTaps = extentOf(files, taps, files.tensors.find(taps)->shape.size() - 1);
    return declared;
}

std::int64_t extentOf(const file::ModelFiles& files, const std::string& name, std::size_t axis)
{
    const file::StoredTensor* tensor = files.tensors.find(name);
    if (tensor == nullptr || axis >= tensor->shape.size() || tensor->shape[axis] > INT32_MAX)
        return 0;
    return static_cast<std::int64_t>(tensor->shape[axis]);
}

}  // namespace engine::audio
