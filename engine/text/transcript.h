#pragma once

#include <cstdint>
#include <vector>

#include "engine/message.h"

namespace engine::text {

// An encoded picture or sound among ids: the id that starts it, an id for each of its rows, and the
// id that ends it.
struct MediaSpan {
    std::uint32_t first = 0;  // position of the start
    SoftTokens tokens;

    std::uint32_t firstRow() const noexcept { return first + 1; }
    std::uint32_t last() const noexcept { return firstRow() + tokens.count(); }  // the end's
};

// Text as ids, with the media that stand in it: a turn, or a whole conversation.
struct Transcript {
    std::vector<TokenId> ids;
    std::vector<MediaSpan> media;  // by position; they do not meet

    std::uint32_t length() const noexcept { return static_cast<std::uint32_t>(ids.size()); }

    void append(const Transcript& more);

    // Keeps the first `length` ids. A cut through a picture or sound takes it away whole, so that
    // fewer may be left.
    void truncate(std::uint32_t length) noexcept;

    // The last id is no text: a model cannot answer to it.
    bool endsInMedia() const noexcept;
};

}  // namespace engine::text
