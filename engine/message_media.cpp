#include "engine/message_media.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/model_state.h"
#include "engine/soft_token_rows.h"

namespace engine {
namespace {

Error invalid(std::string message)
{
    return {ErrorCode::InvalidInput, std::move(message)};
}

std::string nounOf(SoftTokens::Source source)
{
    return source == SoftTokens::Source::Image ? "picture" : "sound";
}

// Adds the rows of one medium, the first of which stands at `position`, as far as they are in
// [first, first + count).
void addRows(const SoftTokens& tokens, std::uint32_t position, std::uint32_t first,
             std::uint32_t count, std::vector<decoder::EmbeddingRows>& rows)
{
    const std::uint32_t begin = std::max(position, first);
    const std::uint32_t end = std::min(position + tokens.count(), first + count);
    if (begin < end)
        rows.push_back(
            {begin - first, tokens.rows().tensor.rowsFrom(begin - position, end - begin)});
}

}  // namespace

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

Result<std::string> textOnly(const Message& message)
{
    std::string all;
    for (const Part& part : message.parts) {
        const auto* text = std::get_if<std::string>(&part);
        if (text == nullptr)
            return invalid("Only messages to the model can hold pictures or sounds.");
        all += *text;
    }
    return all;
}

Result<void> checkMedia(const SoftTokens& tokens, const Model::State& model)
{
    const std::string noun = nounOf(tokens.source());
    const SoftTokens::Rows& rows = tokens.rows();
    if (!model.config.media.of(tokens.source()))
        return invalid("This model reads text alone: it cannot take a " + noun + ".");
    if (rows.device != model.device)
        return invalid("The " + noun + " was encoded on another device than the model's.");
    if (rows.tensor.columns != model.config.hiddenSize)
        return invalid("The " + noun + " was encoded for another model: its rows have " +
                       std::to_string(rows.tensor.columns) + " elements, and this model's " +
                       std::to_string(model.config.hiddenSize) + ".");
    ENGINE_CHECK(rows.tensor.rows >= tokens.count());
    ENGINE_CHECK(rows.end && rows.end->rows().tensor.columns == rows.tensor.columns);
    return {};
}

std::string needSentence(const text::Transcript& text)
{
    std::string sentence = "The message needs " + std::to_string(text.length()) + " tokens";
    if (text.media.empty())
        return sentence;
    std::uint32_t tokens = 0;
    for (const text::MediaSpan& span : text.media)
        tokens += span.last() - span.first + 1;
    const std::string noun = nounOf(text.media.front().tokens.source());
    return sentence + ", " + std::to_string(tokens) + " of them for " +
           (text.media.size() == 1 ? "a " + noun : "pictures or sounds");
}

std::vector<decoder::EmbeddingRows> mediaRows(std::span<const text::MediaSpan> media,
                                              std::uint32_t first, std::uint32_t count)
{
    std::vector<decoder::EmbeddingRows> rows;
    for (const text::MediaSpan& span : media) {
        addRows(span.tokens, span.firstRow(), first, count, rows);
        addRows(*span.tokens.rows().end, span.last(), first, count, rows);
    }
    return rows;
}

}  // namespace engine
