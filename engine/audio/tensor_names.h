#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/file/model_files.h"

namespace engine::audio {

// Names of a sound encoder's tensors under either scheme (spec 03 §7), asked for as Hugging Face
// has them.
class TensorNames {
public:
    explicit TensorNames(const file::ModelFiles& files);

    // "input_proj_linear.weight" and the like, without what stands before it.
    std::string front(std::string_view name) const;
    std::string block(std::uint32_t block, std::string_view name) const;
    std::string embedder(std::string_view name) const;

private:
    file::Format m_format;
    std::string m_prefix;  // of a folder: "model." in what is published
};

}  // namespace engine::audio
