#pragma once

#include <optional>

#include "engine/message.h"

namespace engine {

// Ids that stand for one kind of encoded media in a conversation (spec 01 §6.6). The start is a
// piece of the text vocabulary; the others lie beyond it, and their embeddings come from the
// encoder.
struct MediaTokens {
    TokenId start = 0;
    TokenId soft = 0;  // one for each row
    TokenId end = 0;
};

// The kinds that a model takes.
struct MediaMarkers {
    std::optional<MediaTokens> image;
    std::optional<MediaTokens> sound;

    const std::optional<MediaTokens>& of(SoftTokens::Source source) const noexcept
    {
        return source == SoftTokens::Source::Image ? image : sound;
    }
};

}  // namespace engine
