#pragma once

#include <memory>
#include <stop_token>

#include "app/cli/options.h"
#include "engine/encoders.h"
#include "engine/model.h"
#include "engine/result.h"

namespace engine {
struct SessionOptions;
}

namespace app::cli {

// The model that was asked for, or the embedded one.
engine::ModelPaths modelPaths(const CommonOptions& options);

// Opens the device and loads the model on it. On a terminal, loading that takes more than a second
// shows how far it is.
engine::Result<std::shared_ptr<const engine::Model>> loadModel(const CommonOptions& options,
                                                               const std::stop_token& stop);

// The same for its vision encoder alone: of the file or folder of the model, which then needs to
// hold nothing else, or of the file that goes with it.
engine::Result<std::shared_ptr<const engine::VisionEncoder>>
loadVisionEncoder(const CommonOptions& options, const std::stop_token& stop);

// The same for its encoder for sound.
engine::Result<std::shared_ptr<const engine::AudioEncoder>>
loadAudioEncoder(const CommonOptions& options, const std::stop_token& stop);

// What sessions are to compute with; of the default size.
engine::SessionOptions sessionOptions(const CommonOptions& options);

}  // namespace app::cli
