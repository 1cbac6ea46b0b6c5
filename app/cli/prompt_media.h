#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/message.h"
#include "engine/result.h"

namespace app::cli {

// A prompt cut at the places of its media.
struct PromptPiece {
    enum class Kind { Text, Picture, Sound };
    Kind kind = Kind::Text;
    std::string text;
};

// Cuts where the prompt says `<image>` and `<audio>`. Media of which it says no place stand before
// it, pictures first; of a kind that is not given, the words are text. InvalidInput where there are
// not as many places as media.
engine::Result<std::vector<PromptPiece>> cutPrompt(const std::string& prompt, std::size_t pictures,
                                                   std::size_t sounds);

// A message of these, with the media in their order. A sound is one clip or several.
std::vector<engine::Part> toParts(const std::vector<PromptPiece>& pieces,
                                  const std::vector<engine::SoftTokens>& pictures,
                                  const std::vector<std::vector<engine::SoftTokens>>& sounds);

}  // namespace app::cli
