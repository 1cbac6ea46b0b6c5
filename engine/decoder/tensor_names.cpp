#include "engine/decoder/tensor_names.h"

#include <array>
#include <map>

#include "engine/base/check.h"

namespace engine::decoder {

namespace {

using NameMap = std::map<std::string_view, std::string_view>;

// Hugging Face → GGUF, spec 01 §4.3.
const NameMap& ggufGlobals()
{
    static const NameMap kNames{
        {"embed_tokens.weight", "token_embd.weight"},
        {"embed_tokens_per_layer.weight", "per_layer_token_embd.weight"},
        {"per_layer_model_projection.weight", "per_layer_model_proj.weight"},
        {"per_layer_projection_norm.weight", "per_layer_proj_norm.weight"},
        {"altup_projections.weight", "altup_proj.weight"},
        {"altup_unembed_projections.weight", "altup_unembd_proj.weight"},
        {"norm.weight", "output_norm.weight"},
    };
    return kNames;
}

const NameMap& ggufLayerNames()
{
    static const NameMap kNames{
        {"self_attn.q_proj.weight", "attn_q.weight"},
        {"self_attn.k_proj.weight", "attn_k.weight"},
        {"self_attn.v_proj.weight", "attn_v.weight"},
        {"self_attn.o_proj.weight", "attn_output.weight"},
        {"self_attn.q_norm.weight", "attn_q_norm.weight"},
        {"self_attn.k_norm.weight", "attn_k_norm.weight"},
        {"mlp.gate_proj.weight", "ffn_gate.weight"},
        {"mlp.up_proj.weight", "ffn_up.weight"},
        {"mlp.down_proj.weight", "ffn_down.weight"},
        {"input_layernorm.weight", "attn_norm.weight"},
        {"post_attention_layernorm.weight", "post_attention_norm.weight"},
        {"pre_feedforward_layernorm.weight", "ffn_norm.weight"},
        {"post_feedforward_layernorm.weight", "post_ffw_norm.weight"},
        {"post_per_layer_input_norm.weight", "post_norm.weight"},
        {"laurel.linear_left.weight", "laurel_l.weight"},
        {"laurel.linear_right.weight", "laurel_r.weight"},
        {"laurel.post_laurel_norm.weight", "laurel_post_norm.weight"},
        {"altup.correct_output_scale", "altup_correct_scale.weight"},
        {"altup.correction_coefs.weight", "altup_correct_coef.weight"},
        {"altup.prediction_coefs.weight", "altup_predict_coef.weight"},
        {"altup.modality_router.weight", "altup_router.weight"},
        {"altup.router_norm.weight", "altup_router_norm.weight"},
        {"per_layer_input_gate.weight", "inp_gate.weight"},
        {"per_layer_projection.weight", "proj.weight"},
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
    if (m_format == file::Format::Gguf)
        return;
    static constexpr std::array<std::string_view, 5> kPrefixes{
        "model.language_model.", "language_model.model.", "language_model.", "model.", ""};
    m_prefix = "model.";
    for (const std::string_view prefix : kPrefixes) {
        if (files.tensors.find(std::string(prefix) + "embed_tokens.weight") != nullptr) {
            m_prefix = prefix;
            return;
        }
    }
}

std::string TensorNames::global(std::string_view name) const
{
    if (m_format == file::Format::Gguf)
        return ggufName(ggufGlobals(), name);
    return m_prefix + std::string(name);
}

std::string TensorNames::layer(std::uint32_t layer, std::string_view name) const
{
    if (m_format == file::Format::Gguf)
        return "blk." + std::to_string(layer) + "." + ggufName(ggufLayerNames(), name);
    return m_prefix + "layers." + std::to_string(layer) + "." + std::string(name);
}

}  // namespace engine::decoder
