#include "engine/text/chat_template.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>

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

bool hasTurns(const Tokenizer& tokenizer)
{
    return tokenizer.control().startOfTurn && tokenizer.control().endOfTurn;
}

void append(std::vector<TokenId>& ids, const std::vector<TokenId>& more)
{
    ids.insert(ids.end(), more.begin(), more.end());
}

}  // namespace

UserTurn::UserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers, std::string_view system,
                   std::vector<TokenId> before)
    : m_tokenizer(tokenizer)
    , m_markers(markers)
{
    m_turn.ids = std::move(before);
    if (hasTurns(tokenizer)) {
        m_turn.ids.push_back(*tokenizer.control().startOfTurn);
        m_markup = "user\n";
    }
    if (!trimmed(system).empty())
        m_markup.append(system).append("\n\n");
}

void UserTurn::growMedia(const SoftTokens& soFar)
{
    const auto& marker = m_markers.of(soFar.source());
    ENGINE_CHECK(marker.has_value());
    if (!m_isMediaOpen) {
        settleText();
        m_turn.ids.push_back(marker->start);
        m_isMediaOpen = true;
        m_openRows = 0;
    }
    ENGINE_CHECK(soFar.count() >= m_openRows);
    if (soFar.count() == m_openRows)
        return;
    const std::uint32_t start = m_turn.length() - m_openRows - 1;
    if (m_openRows > 0)
        m_turn.media.pop_back();
    m_turn.media.push_back({start, soFar});
    m_turn.ids.insert(m_turn.ids.end(), soFar.count() - m_openRows, marker->soft);
    m_openRows = soFar.count();
}

void UserTurn::endMedia()
{
    ENGINE_CHECK(m_isMediaOpen && m_openRows > 0);
    m_turn.ids.push_back(m_markers.of(m_turn.media.back().tokens.source())->end);
    m_isMediaOpen = false;
    m_markup = "\n\n";
}

void UserTurn::addMedia(const SoftTokens& tokens)
{
    growMedia(tokens);
    endMedia();
}

// The text that stands before a medium is complete.
void UserTurn::settleText()
{
    const std::string_view text = m_isFirstText ? trimmedStart(m_text) : m_text;
    append(m_turn.ids, m_tokenizer.encode(m_markup + std::string(text) + "\n\n"));
    m_text.clear();
    m_isFirstText = false;
}

Transcript UserTurn::finished() const
{
    ENGINE_CHECK(!m_isMediaOpen);
    Transcript turn = m_turn;
    const std::string_view text = m_isFirstText ? trimmedStart(m_text) : m_text;
    append(turn.ids, m_tokenizer.encode(m_markup + std::string(trimmedEnd(text))));
    if (!hasTurns(m_tokenizer))
        return turn;

    append(turn.ids, encodeTurnEnd(m_tokenizer));
    turn.ids.push_back(*m_tokenizer.control().startOfTurn);
    append(turn.ids, m_tokenizer.encode("model\n"));
    return turn;
}

Transcript encodeUserTurn(const Tokenizer& tokenizer, const MediaMarkers& markers,
                          std::string_view system, std::span<const Part> parts)
{
    UserTurn turn(tokenizer, markers, system);
    for (const Part& part : parts) {
        if (const auto* text = std::get_if<std::string>(&part))
            turn.addText(*text);
        else
            turn.addMedia(std::get<SoftTokens>(part));
    }
    return turn.finished();
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
