#pragma once

#include <memory>
#include <optional>

#include "engine/audio/config.h"
#include "engine/audio/listener.h"
#include "engine/audio/weights.h"
#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/gpu/arena.h"

namespace engine {

// What a loaded sound encoder is made of. Private to the engine.
struct AudioEncoder::State {
    std::shared_ptr<Device> device;  // outlives the arenas below it
    AudioInfo info;
    audio::AudioConfig config;
    audio::AudioWeights weights;
    std::optional<SoftTokens> endOfAudio;
    std::optional<SoftTokens> padding;
};

// One clip. Private to the engine.
struct AudioClip::State {
    std::shared_ptr<const AudioEncoder> encoder;
    std::shared_ptr<gpu::Arena> arena;  // of the rows
    gpu::Tensor rows;                   // [soft tokens per clip × hidden]
    std::unique_ptr<audio::Listener> listener;
    bool isFinished = false;
};

}  // namespace engine
