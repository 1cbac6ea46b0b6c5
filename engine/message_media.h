#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decoder/decoder.h"
#include "engine/message.h"
#include "engine/model.h"
#include "engine/result.h"
#include "engine/text/transcript.h"

// What a session asks of the parts of a message. Private to the engine.
namespace engine {

// Nothing but white space.
bool isBlank(std::string_view text);

// The text of a message that may hold nothing else. InvalidInput if it does.
Result<std::string> textOnly(const Message& message);

// Whether the model takes a picture or sound: InvalidInput where it takes none, or where it was
// encoded for another model or lies on another device.
Result<void> checkMedia(const SoftTokens& tokens, const Model::State& model);

// "The message needs 280 tokens, of which a picture takes 38"; a sentence for the rest to follow.
std::string needSentence(const text::Transcript& text);

// The rows of embeddings for those positions in [first, first + count) that are no text.
std::vector<decoder::EmbeddingRows> mediaRows(std::span<const text::MediaSpan> media,
                                              std::uint32_t first, std::uint32_t count);

}  // namespace engine
