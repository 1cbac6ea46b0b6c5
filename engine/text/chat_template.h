#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/media_tokens.h"
#include "engine/message.h"
#include "engine/text/tokenizer.h"
#include "engine/text/transcript.h"

namespace engine::text {

// A user turn that is put together piece by piece, with its markup, as spec 01 §6.5 has it:
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
// the text that meet are tokenised together, so text waits for the picture or sound that ends it,
// or for the end of the turn.
//
// A vocabulary without <start_of_turn> or <end_of_turn> has no turns: there a user turn is
// {system\n\n} {parts}, and its end is nothing. `markers` must have the ids for the media that
// occur. Both must outlive the turn.
class UserTurn {
public:
    // `before` are ids that stand before the turn and are counted with it.
    UserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers, std::string_view system,
             std::vector<TokenId> before = {});

    void addText(std::string_view text) { m_text += text; }

    // Opens a picture or sound, or goes on with the one that is open: `soFar` are all of its rows
    // that there are, with those of before.
    void growMedia(const SoftTokens& soFar);
    void endMedia();
    void addMedia(const SoftTokens& tokens);

    bool isMediaOpen() const noexcept { return m_isMediaOpen; }

    // What can no longer change.
    const Transcript& settled() const noexcept { return m_turn; }

    // The whole turn, if nothing more is added. No medium may be open.
    Transcript finished() const;

private:
    void settleText();

    const Tokenizer& m_tokenizer;
    const MediaMarkers& m_markers;
    Transcript m_turn;
    std::string m_markup;  // of the text that follows m_turn
    std::string m_text;    // not yet encoded
    bool m_isFirstText = true;
    bool m_isMediaOpen = false;
    std::uint32_t m_openRows = 0;
};

// A user turn of these parts.
Transcript encodeUserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers,
                          std::string_view system, std::span<const Part> parts);
std::vector<TokenId> encodeModelTurn(const Tokenizer& tokenizer, std::string_view text);

// What stands between a model turn's text and the next user turn: <end_of_turn>\n
std::vector<TokenId> encodeTurnEnd(const Tokenizer& tokenizer);

}  // namespace engine::text
