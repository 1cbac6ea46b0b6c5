#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/message.h"
#include "engine/text/tokenizer.h"

namespace engine::text {

// One turn with its markup, as spec 01 §6.5 has it:
//
//     user:   <start_of_turn>user\n {system\n\n} {text} <end_of_turn>\n <start_of_turn>model\n
//     model:  {text}
//
// `system` is put before the text of the first user turn and is empty otherwise; one of nothing but
// white space counts as empty. Texts are trimmed of surrounding white space, as Python's
// str.strip() does it; `system` is not, as in the published template. A model turn is what follows
// a user turn's opening of it. Neither <bos> nor what closes a model turn is included: see
// encodeTurnEnd(). Markers are added by id; text never becomes one. Newlines of the markup and of
// the text that meet are tokenised together.
//
// A vocabulary without <start_of_turn> or <end_of_turn> has no turns: there a user turn is
// {system\n\n} {text}, and its end is nothing.
std::vector<TokenId> encodeUserTurn(const Tokenizer& tokenizer, std::string_view system,
                                    std::string_view text);
std::vector<TokenId> encodeModelTurn(const Tokenizer& tokenizer, std::string_view text);

// What stands between a model turn's text and the next user turn: <end_of_turn>\n
std::vector<TokenId> encodeTurnEnd(const Tokenizer& tokenizer);

}  // namespace engine::text
