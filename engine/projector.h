#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/decoder/config.h"
#include "engine/file/model_files.h"
#include "engine/model.h"
#include "engine/result.h"

namespace engine {

// Where the encoders that go with a text model lie. Private to the engine.
struct Projector {
    std::filesystem::path path;  // a GGUF file or a Hugging Face folder; empty if there is none
    std::string hint;            // then: a sentence that says which file to add
    // Of its vision encoder.
    std::uint32_t imageSize = 0;
    std::uint32_t softTokens = 0;
    std::uint64_t bytes = 0;  // of tensors in the file
};

// The file that was chosen; or the text model's own folder, or of the `*mmproj*.gguf` files beside
// the text model the one whose rows are as wide as the model is. Of several, the one whose name has
// most in common with the model's. Its encoder is checked whole, without a device. A file that was
// found and is no good is a hint; one that was chosen fails, as InvalidFile or UnsupportedModel.
Result<Projector> findProjector(const ModelPaths& paths, const file::ModelFiles& text,
                                const decoder::DecoderConfig& config);

// The same for sound.
struct SoundProjector {
    std::filesystem::path path;
    std::string hint;
    std::uint32_t softTokens = 0;  // rows that a clip becomes
    std::uint64_t bytes = 0;
};

// The encoder for sound in the file that was chosen, in the text model's own folder, or in the file
// that was found for `pictures`: files of encoders hold both. What is no good is a hint.
SoundProjector findSoundProjector(const ModelPaths& paths, const file::ModelFiles& text,
                                  const decoder::DecoderConfig& config, const Projector& pictures);

}  // namespace engine
