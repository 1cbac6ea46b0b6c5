#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

#include "app/sound_file.h"
#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/result.h"

namespace app::cli {

engine::Result<std::vector<SoundFile>> openSounds(const std::vector<std::filesystem::path>& files);

// The rest of the file into the clip: as it is read, or in pieces of `pieceSize` samples if that is
// not 0.
engine::Result<void> pushAll(SoundFile& sound, engine::AudioClip& clip, std::size_t pieceSize,
                             const std::stop_token& stop);

// A sound for a prompt: a clip, or what is longer than one as several, cut at pauses without losing
// a sample; each with 200 ms of silence after it so that its last phoneme is heard. InvalidInput,
// with a sentence that says which file to add, where the model has no encoder; ContextFull where
// the clips would take `mostTokens` or more.
engine::Result<std::vector<engine::SoftTokens>> encodeSound(const engine::Model& model,
                                                            SoundFile& sound,
                                                            std::uint32_t mostTokens,
                                                            const std::stop_token& stop);

}  // namespace app::cli
