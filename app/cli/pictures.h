#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
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

// The texts between the places where a prompt has `<image>`, one more than there are of these.
// InvalidInput where they are not as many as the pictures; without any, all pictures stand before
// the prompt, which is then one text.
engine::Result<std::vector<std::string>> textsBetween(const std::string& prompt,
                                                      std::size_t pictures);

// A message of these, picture by picture. With one text alone, it follows the pictures.
std::vector<engine::Part> toParts(const std::vector<std::string>& texts,
                                  const std::vector<engine::SoftTokens>& pictures);

}  // namespace app::cli
