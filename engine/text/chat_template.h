#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/base/media_tokens.h"
#include "engine/message.h"
#include "engine/text/tokenizer.h"
#include "engine/text/transcript.h"

namespace engine::text {

// One turn with its markup, as spec 01 §6.5 has it:
//
//     user:   <start_of_turn>user\n {system\n\n} {parts} <end_of_turn>\n <start_of_turn>model\n
//     model:  {text}
//
// Parts follow each other as they stand, and what they make is trimmed as one text; an encoded
// picture or sound in it is (spec 02 §7.2)
//
//     \n\n <start_of_image> {a soft-token id for each row} <end_of_image> \n\n
//
// `system` is put before the text of the first user turn and is empty otherwise; one of nothing but
// white space counts as empty. Texts are trimmed of surrounding white space, as Python's
// str.strip() does it; `system` is not, as in the published template. A model turn is what follows
// a user turn's opening of it. Neither <bos> nor what closes a model turn is included: see
// encodeTurnEnd(). Markers are added by id; text never becomes one. Newlines of the markup and of
// the text that meet are tokenised together.
//
// A vocabulary without <start_of_turn> or <end_of_turn> has no turns: there a user turn is
// {system\n\n} {parts}, and its end is nothing. `markers` must have the ids for the media that
// occur.
Transcript encodeUserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers,
                          std::string_view system, std::span<const Part> parts);
std::vector<TokenId> encodeModelTurn(const Tokenizer& tokenizer, std::string_view text);

// What stands between a model turn's text and the next user turn: <end_of_turn>\n
std::vector<TokenId> encodeTurnEnd(const Tokenizer& tokenizer);

}  // namespace engine::text
