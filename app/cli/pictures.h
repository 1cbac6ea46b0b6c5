#pragma once

#include <filesystem>
#include <stop_token>
#include <vector>

#include "engine/encoders.h"
#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"

namespace app::cli {

engine::Result<std::vector<engine::Image>>
readPictures(const std::vector<std::filesystem::path>& files);

// InvalidInput, with a sentence that says which file to add, where the model has no encoder.
engine::Result<engine::SoftTokens>
encodePicture(const engine::Model& model, const engine::Image& image, const std::stop_token& stop);

}  // namespace app::cli
