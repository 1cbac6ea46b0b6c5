#include "engine/text/utf8_joiner.h"

#include <cstddef>
#include <cstdint>

namespace engine::text {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

enum class Form { Whole, Unfinished, Broken };

// The start of a byte sequence: one character, the beginning of one, or a maximal ill-formed part.
struct Part {
    Form form;
    std::size_t length;
};

// What may follow a lead byte (Unicode 15, table 3-7): how many bytes, and the range of the first
// of them. The narrowed ranges keep out overlong forms, surrogates and what is above U+10FFFF.
struct Lead {
    std::size_t following = 0;
    std::uint8_t first = 0x80;
    std::uint8_t last = 0xBF;
};

Lead leadOf(std::uint8_t byte)
{
    if (byte >= 0xC2 && byte <= 0xDF)
        return {.following = 1};
    if (byte >= 0xE0 && byte <= 0xEF) {
        return {.following = 2,
                .first = byte == 0xE0 ? std::uint8_t{0xA0} : std::uint8_t{0x80},
                .last = byte == 0xED ? std::uint8_t{0x9F} : std::uint8_t{0xBF}};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        return {.following = 3,
                .first = byte == 0xF0 ? std::uint8_t{0x90} : std::uint8_t{0x80},
                .last = byte == 0xF4 ? std::uint8_t{0x8F} : std::uint8_t{0xBF}};
    }
    return {};
}

Part firstPart(std::string_view bytes)
{
    const auto byteAt = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (byteAt(0) < 0x80)
        return {Form::Whole, 1};
    const Lead lead = leadOf(byteAt(0));
    if (lead.following == 0)
        return {Form::Broken, 1};

    for (std::size_t i = 1; i <= lead.following; ++i) {
        if (i == bytes.size())
            return {Form::Unfinished, i};
        const std::uint8_t first = i == 1 ? lead.first : std::uint8_t{0x80};
        const std::uint8_t last = i == 1 ? lead.last : std::uint8_t{0xBF};
        if (byteAt(i) < first || byteAt(i) > last)
            return {Form::Broken, i};
    }
    return {Form::Whole, lead.following + 1};
}

// Appends what is complete to `text`; returns how many bytes at the end are the start of a
// character.
std::size_t appendValid(std::string& text, std::string_view bytes)
{
    while (!bytes.empty()) {
        const Part part = firstPart(bytes);
        if (part.form == Form::Unfinished)
            return part.length;
        text += part.form == Form::Whole ? bytes.substr(0, part.length) : kReplacement;
        bytes.remove_prefix(part.length);
    }
    return 0;
}

}  // namespace

std::string Utf8Joiner::push(std::string_view bytes)
{
    m_waiting += bytes;
    std::string text;
    const std::size_t unfinished = appendValid(text, m_waiting);
    m_waiting.erase(0, m_waiting.size() - unfinished);
    return text;
}

std::string Utf8Joiner::finish()
{
    const bool isUnfinished = !m_waiting.empty();
    m_waiting.clear();
    return std::string(isUnfinished ? kReplacement : std::string_view{});
}

std::string toValidUtf8(std::string_view text)
{
    std::string valid;
    valid.reserve(text.size());
    if (appendValid(valid, text) > 0)
        valid += kReplacement;
    return valid;
}

}  // namespace engine::text
