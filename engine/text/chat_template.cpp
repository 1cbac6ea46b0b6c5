#include "engine/text/chat_template.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/text/utf8_joiner.h"

namespace engine::text {
namespace {

// The characters that Python's str.strip() takes away, and so the template's `trim`, in UTF-8.
constexpr std::array<std::string_view, 29> kWhiteSpace{
    "\t",           "\n",           "\v",           "\f",           "\r",
    "\x1C",         "\x1D",         "\x1E",         "\x1F",         " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

std::string_view trimmed(std::string_view text)
{
    const auto atStart = [&](std::string_view space) { return text.starts_with(space); };
    const auto atEnd = [&](std::string_view space) { return text.ends_with(space); };
    for (auto space = kWhiteSpace.begin(); space != kWhiteSpace.end();) {
        space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), atStart);
        if (space != kWhiteSpace.end())
            text.remove_prefix(space->size());
    }
    for (auto space = kWhiteSpace.begin(); space != kWhiteSpace.end();) {
        space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), atEnd);
        if (space != kWhiteSpace.end())
            text.remove_suffix(space->size());
    }
    return text;
}

bool hasTurns(const Tokenizer& tokenizer)
{
    return tokenizer.control().startOfTurn && tokenizer.control().endOfTurn;
}

void append(std::vector<TokenId>& ids, const std::vector<TokenId>& more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

}  // namespace

std::vector<TokenId> encodeUserTurn(const Tokenizer& tokenizer, std::string_view system,
                                    std::string_view text)
{
    // One string, so that newlines which meet become one token.
    std::string content;
    if (hasTurns(tokenizer))
        content += "user\n";
    if (!trimmed(system).empty())
        content.append(system).append("\n\n");
    content += trimmed(text);
    if (!hasTurns(tokenizer))
        return tokenizer.encode(content);

    std::vector<TokenId> ids{*tokenizer.control().startOfTurn};
    append(ids, tokenizer.encode(content));
    append(ids, encodeTurnEnd(tokenizer));
    ids.push_back(*tokenizer.control().startOfTurn);
    append(ids, tokenizer.encode("model\n"));
    return ids;
}

std::vector<TokenId> encodeModelTurn(const Tokenizer& tokenizer, std::string_view text)
{
    return tokenizer.encode(trimmed(text));
}

std::vector<TokenId> encodeTurnEnd(const Tokenizer& tokenizer)
{
    if (!hasTurns(tokenizer))
        return {};
    std::vector<TokenId> ids{*tokenizer.control().endOfTurn};
    append(ids, tokenizer.encode("\n"));
    return ids;
}

}  // namespace engine::text
