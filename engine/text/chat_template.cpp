#include "engine/text/chat_template.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "engine/base/check.h"

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

std::string_view trimmedStart(std::string_view text)
{
    const auto isNext = [&](std::string_view space) { return text.starts_with(space); };
    for (auto space = kWhiteSpace.begin(); space != kWhiteSpace.end();) {
        space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), isNext);
        if (space != kWhiteSpace.end())
            text.remove_prefix(space->size());
    }
    return text;
}

std::string_view trimmedEnd(std::string_view text)
{
    const auto isNext = [&](std::string_view space) { return text.ends_with(space); };
    for (auto space = kWhiteSpace.begin(); space != kWhiteSpace.end();) {
        space = std::find_if(kWhiteSpace.begin(), kWhiteSpace.end(), isNext);
        if (space != kWhiteSpace.end())
            text.remove_suffix(space->size());
    }
    return text;
}

std::string_view trimmed(std::string_view text)
{
    return trimmedEnd(trimmedStart(text));
}

// A message's text before, between and after its media: one more than there are of these.
std::vector<std::string> textsAround(std::span<const Part> parts)
{
    std::vector<std::string> texts(1);
    for (const Part& part : parts) {
        if (const auto* text = std::get_if<std::string>(&part))
            texts.back() += *text;
        else
            texts.emplace_back();
    }
    texts.front() = trimmedStart(texts.front());
    texts.back() = trimmedEnd(texts.back());
    return texts;
}

bool hasTurns(const Tokenizer& tokenizer)
{
    return tokenizer.control().startOfTurn && tokenizer.control().endOfTurn;
}

void append(std::vector<TokenId>& ids, const std::vector<TokenId>& more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

// A turn's content. Text between markers is gathered and encoded as one string, so that newlines
// which meet become one token.
class Content {
public:
    Content(const Tokenizer& tokenizer, Transcript& turn) : m_tokenizer(tokenizer), m_turn(turn) {}

    void addText(std::string_view text) { m_text += text; }

    void addMedia(const MediaTokens& marker, const SoftTokens& tokens)
    {
        addText("\n\n");
        encodeText();
        m_turn.media.push_back({m_turn.length(), tokens});
        m_turn.ids.push_back(marker.start);
        m_turn.ids.insert(m_turn.ids.end(), tokens.count(), marker.soft);
        m_turn.ids.push_back(marker.end);
        addText("\n\n");
    }

    void encodeText()
    {
        append(m_turn.ids, m_tokenizer.encode(m_text));
        m_text.clear();
    }

private:
    const Tokenizer& m_tokenizer;
    Transcript& m_turn;
    std::string m_text;
};

}  // namespace

Transcript encodeUserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers,
                          std::string_view system, std::span<const Part> parts)
{
    Transcript turn;
    Content content(tokenizer, turn);
    if (hasTurns(tokenizer)) {
        turn.ids.push_back(*tokenizer.control().startOfTurn);
        content.addText("user\n");
    }
    if (!trimmed(system).empty()) {
        content.addText(system);
        content.addText("\n\n");
    }
    const std::vector<std::string> texts = textsAround(parts);
    auto text = texts.begin();
    content.addText(*text);
    for (const Part& part : parts) {
        const auto* tokens = std::get_if<SoftTokens>(&part);
        if (tokens == nullptr)
            continue;
        const auto& marker = markers.of(tokens->source());
        ENGINE_CHECK(marker.has_value());
        content.addMedia(*marker, *tokens);
        content.addText(*++text);
    }
    content.encodeText();
    if (!hasTurns(tokenizer))
        return turn;

    append(turn.ids, encodeTurnEnd(tokenizer));
    turn.ids.push_back(*tokenizer.control().startOfTurn);
    append(turn.ids, tokenizer.encode("model\n"));
    return turn;
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
