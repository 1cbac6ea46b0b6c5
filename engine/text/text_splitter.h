#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/text/model_proto.h"

namespace engine::text {

// Cuts long text where cutting changes no token: before a space or a newline, after a byte that
// stands before it in no piece. No piece lies across such a place, so the parts are merged
// independently anyway. sentencepiece takes some 200 bytes of memory for each byte of text.
class TextSplitter {
public:
    static constexpr std::size_t kPartBytes = std::size_t{64} << 10;

    TextSplitter() = default;
    explicit TextSplitter(const std::vector<Piece>& pieces);

    // The first part of non-empty `text`: a good 64 KiB, or all of it where it has no such place.
    std::string_view firstPart(std::string_view text) const noexcept;

    // Whether no token can hold both of two neighbouring bytes of text.
    bool canCutBetween(char before, char after) const noexcept;

private:
    // By the byte before.
    std::array<bool, 256> m_joinsSpace{};
    std::array<bool, 256> m_joinsNewline{};
};

}  // namespace engine::text
