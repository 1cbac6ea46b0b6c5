#include "engine/audio/tensor_names.h"

#include <array>
#include <map>

#include "engine/base/check.h"

namespace engine::audio {
namespace {

using NameMap = std::map<std::string_view, std::string_view>;

// Hugging Face → GGUF, spec 03 §7.1.
const NameMap& ggufFrontNames()
{
    static const NameMap kNames{
        {"conv_0.conv.weight", "a.conv1d.0.weight"},
        {"conv_0.norm.weight", "a.conv1d.0.norm.weight"},
        {"conv_1.conv.weight", "a.conv1d.1.weight"},
        {"conv_1.norm.weight", "a.conv1d.1.norm.weight"},
        {"input_proj_linear.weight", "a.pre_encode.out.weight"},
    };
    return kNames;
}

const NameMap& ggufBlockNames()
{
    static const NameMap kNames{
        {"ffw_layer_start.pre_layer_norm.weight", "ffn_norm.weight"},
        {"ffw_layer_start.ffw_layer_1.weight", "ffn_up.weight"},
        {"ffw_layer_start.ffw_layer_2.weight", "ffn_down.weight"},
        {"ffw_layer_start.post_layer_norm.weight", "ffn_post_norm.weight"},
        {"ffw_layer_end.pre_layer_norm.weight", "ffn_norm_1.weight"},
        {"ffw_layer_end.ffw_layer_1.weight", "ffn_up_1.weight"},
        {"ffw_layer_end.ffw_layer_2.weight", "ffn_down_1.weight"},
        {"ffw_layer_end.post_layer_norm.weight", "ffn_post_norm_1.weight"},
        {"attention.pre_attn_norm.weight", "ln1.weight"},
        {"attention.post_norm.weight", "ln2.weight"},
        {"attention.attn.q_proj.weight", "attn_q.weight"},
        {"attention.attn.k_proj.weight", "attn_k.weight"},
        {"attention.attn.v_proj.weight", "attn_v.weight"},
        {"attention.attn.per_dim_scale", "per_dim_scale"},
        {"attention.attn.relative_position_embedding.pos_proj.weight", "linear_pos.weight"},
        {"attention.post.weight", "attn_out.weight"},
        {"lconv1d.pre_layer_norm.weight", "conv_norm.weight"},
        {"lconv1d.linear_start.weight", "conv_pw1.weight"},
        {"lconv1d.depthwise_conv1d.weight", "conv_dw.weight"},
        {"lconv1d.conv_norm.weight", "norm_conv.weight"},
        {"lconv1d.linear_end.weight", "conv_pw2.weight"},
        {"norm.weight", "layer_pre_norm.weight"},
    };
    return kNames;
}

const NameMap& ggufEmbedderNames()
{
    static const NameMap kNames{
        {"embedding.weight", "mm.a.embedding.weight"},
        {"hard_embedding_norm.weight", "mm.a.hard_emb_norm.weight"},
        {"soft_embedding_norm.weight", "mm.a.soft_emb_norm.weight"},
        {"embedding_projection.weight", "mm.a.input_projection.weight"},
    };
    return kNames;
}

std::string ggufName(const NameMap& names, std::string_view name)
{
    const auto found = names.find(name);
    ENGINE_CHECK(found != names.end());
    return std::string(found->second);
}

}  // namespace

TensorNames::TensorNames(const file::ModelFiles& files) : m_format(files.format)
{
    static constexpr std::array<std::string_view, 2> kPrefixes{"model.", ""};
    m_prefix = kPrefixes.front();
    for (const std::string_view prefix : kPrefixes) {
        if (m_format == file::Format::HuggingFace &&
            files.tensors.find(std::string(prefix) + "embed_audio.embedding.weight") != nullptr) {
            m_prefix = prefix;
            return;
        }
    }
}

std::string TensorNames::front(std::string_view name) const
{
    if (m_format == file::Format::Gguf)
        return ggufName(ggufFrontNames(), name);
    return m_prefix + "audio_tower.subsample_conv_projection." + std::string(name);
}

std::string TensorNames::block(std::uint32_t block, std::string_view name) const
{
    if (m_format == file::Format::Gguf)
        return "a.blk." + std::to_string(block) + "." + ggufName(ggufBlockNames(), name);
    return m_prefix + "audio_tower.conformer." + std::to_string(block) + "." + std::string(name);
}

std::string TensorNames::embedder(std::string_view name) const
{
    if (m_format == file::Format::Gguf)
        return ggufName(ggufEmbedderNames(), name);
    return m_prefix + "embed_audio." + std::string(name);
}

}  // namespace engine::audio
