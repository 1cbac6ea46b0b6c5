#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/file/model_files.h"

namespace engine::decoder {

// What the files call the text model's tensors. Asked by the names of spec 01 §3.1 without the
// prefix: "embed_tokens.weight", "self_attn.q_proj.weight".
class TensorNames {
public:
    // Finds out the naming scheme, and for Hugging Face files the prefix: "model." in text-only
    // files, "model.language_model." or "language_model.model." in multimodal ones, or none.
    explicit TensorNames(const file::ModelFiles& files);

    std::string global(std::string_view name) const;
    std::string layer(std::uint32_t layer, std::string_view name) const;

    // Hugging Face only; empty for GGUF.
    const std::string& prefix() const noexcept { return m_prefix; }

private:
    file::Format m_format;
    std::string m_prefix;
};

}  // namespace engine::decoder
