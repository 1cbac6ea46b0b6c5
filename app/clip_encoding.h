#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "engine/model.h"
#include "engine/result.h"

namespace app {

// What a model hears in a clip, and in the silence after it. Fails where the model has no ears.
engine::Result<engine::SoftTokens> encodeClip(const engine::Model& model,
                                              std::span<const float> samples,
                                              const std::function<void(double)>& progress,
                                              const std::stop_token& stop);

}  // namespace app
