#include "engine/text/text_splitter.h"

namespace engine::text {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // ▁ U+2581

std::size_t indexOf(char byte)
{
    return static_cast<std::uint8_t>(byte);
}

}  // namespace

TextSplitter::TextSplitter(const std::vector<Piece>& pieces)
{
    for (const Piece& piece : pieces) {
        const std::string_view text = piece.text;
        for (std::size_t i = 1; i < text.size(); ++i) {
            if (text[i] == '\n')
                m_joinsNewline[indexOf(text[i - 1])] = true;
            else if (text.substr(i).starts_with(kSpaceMark))
                m_joinsSpace[indexOf(text[i - 1])] = true;
        }
    }
}

std::string_view TextSplitter::firstPart(std::string_view text) const noexcept
{
    for (std::size_t i = kPartBytes; i < text.size(); ++i) {
        if (canCutBetween(text[i - 1], text[i]))
            return text.substr(0, i);
    }
    return text;
}

bool TextSplitter::canCutBetween(char before, char after) const noexcept
{
    // A space is ▁ to the pieces.
    const std::size_t index = indexOf(before == ' ' ? kSpaceMark.back() : before);
    if (after == ' ')
        return !m_joinsSpace[index];
    return after == '\n' && !m_joinsNewline[index];
}

}  // namespace engine::text
