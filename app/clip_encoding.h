#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/result.h"

namespace app {

// Ends a clip of `encoder` with the silence that a last phoneme takes to be heard, as much of
// kSilenceAfterClip as there is room for.
engine::Result<engine::SoftTokens> finishClip(engine::AudioClip& clip,
                                              const engine::AudioEncoder& encoder,
                                              const std::stop_token& stop);

// What a model hears in samples (16 kHz, one channel), and in the silence after them. InvalidInput,
// with a sentence that says which file would help, where the model has no ears.
engine::Result<engine::SoftTokens> encodeClip(const engine::Model& model,
                                              std::span<const float> samples,
                                              const std::function<void(double fraction)>& progress,
                                              const std::stop_token& stop);

}  // namespace app
