#include "engine/text/tokenizer.h"

#include <cstddef>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <sentencepiece_processor.h>

#include "engine/base/check.h"
#include "engine/text/model_proto.h"
#include "engine/text/text_splitter.h"
#include "engine/text/utf8_joiner.h"
#include "engine/text/vocabulary.h"

namespace engine::text {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // ▁ U+2581

// A piece of this type stands for no text.
bool isMarkup(PieceType type)
{
    return type == PieceType::Control || type == PieceType::Unknown || type == PieceType::Unused;
}

std::string bytesOf(const Piece& piece)
{
    if (isMarkup(piece.type))
        return {};
    if (piece.type == PieceType::Byte)
        return {static_cast<char>(std::stoi(piece.text.substr(3, 2), nullptr, 16))};

    std::string bytes;
    std::string_view rest = piece.text;
    while (!rest.empty()) {
        const bool isSpace = rest.starts_with(kSpaceMark);
        bytes += isSpace ? ' ' : rest.front();
        rest.remove_prefix(isSpace ? kSpaceMark.size() : 1);
    }
    return bytes;
}

// Gives sentencepiece names for the control pieces that no valid UTF-8 can spell, so that no text
// becomes one whatever the pieces are called. Pieces that repeat an earlier one, which it would
// refuse, get such names too: the model may draw them, text never becomes them.
void hideFromText(std::vector<Piece>& pieces)
{
    std::unordered_set<std::string> seen;
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        Piece& piece = pieces[id];
        const bool isControl = piece.type == PieceType::Control;
        if (isControl || (piece.type != PieceType::Unknown && piece.type != PieceType::Byte &&
                          !seen.insert(piece.text).second)) {
            piece.text.assign(1, '\xFF');
            piece.text += std::to_string(id);
            piece.type = PieceType::Control;
        }
    }
}

// By their pieces, or where a vocabulary names them otherwise, by the ids in the metadata.
ControlTokens findControlTokens(const std::vector<Piece>& pieces, const file::Metadata& metadata)
{
    std::unordered_map<std::string_view, TokenId> ids;
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        if (pieces[id].type == PieceType::Control)
            ids.emplace(pieces[id].text, static_cast<TokenId>(id));
    }
    const auto find = [&](std::string_view piece, std::string_view key) -> std::optional<TokenId> {
        if (const auto found = ids.find(piece); found != ids.end())
            return found->second;
        const std::optional<std::int64_t> id = key.empty() ? std::nullopt : metadata.integer(key);
        if (!id || *id < 0 || static_cast<std::uint64_t>(*id) >= pieces.size())
            return std::nullopt;
        return static_cast<TokenId>(*id);
    };

    ControlTokens control;
    control.bos = find("<bos>", "tokenizer.ggml.bos_token_id").value_or(control.bos);
    control.pad = find("<pad>", "tokenizer.ggml.padding_token_id").value_or(control.pad);
    control.eos = find("<eos>", "tokenizer.ggml.eos_token_id");
    control.startOfTurn = find("<start_of_turn>", {});
    control.endOfTurn = find("<end_of_turn>", {});
    control.startOfImage = find("<start_of_image>", {});
    control.startOfAudio = find("<start_of_audio>", {});
    return control;
}

}  // namespace

struct Tokenizer::State {
    sentencepiece::SentencePieceProcessor processor;
    std::vector<std::string> bytes;
    std::vector<bool> isControl;
    ControlTokens control;
    TextSplitter splitter;
};

Result<Tokenizer> Tokenizer::create(const file::ModelFiles& files)
{
    ENGINE_TRY(std::vector<Piece> pieces, readVocabulary(files));

    auto state = std::make_unique<State>();
    state->control = findControlTokens(pieces, files.metadata);
    for (const Piece& piece : pieces) {
        state->bytes.push_back(bytesOf(piece));
        state->isControl.push_back(isMarkup(piece.type));
    }

    hideFromText(pieces);
    state->splitter = TextSplitter(pieces);
    const sentencepiece::util::Status status =
        state->processor.LoadFromSerializedProto(serializeGemmaModel(pieces));
    if (!status.ok()) {
        return Error{ErrorCode::InvalidFile,
                     files.path.string() +
                         ": sentencepiece refuses the vocabulary: " + status.message() + "."};
    }
    return Tokenizer(std::move(state));
}

Tokenizer::Tokenizer(std::unique_ptr<State> state) noexcept : m_state(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<TokenId> Tokenizer::encode(std::string_view text) const
{
    const std::string valid = toValidUtf8(text);
    std::vector<TokenId> all;
    std::vector<int> ids;
    for (std::string_view rest = valid; !rest.empty();) {
        const std::string_view part = m_state->splitter.firstPart(rest);
        ENGINE_CHECK(m_state->processor.Encode(part, &ids).ok());
        all.insert(all.end(), ids.begin(), ids.end());
        rest.remove_prefix(part.size());
    }
    return all;
}

std::string_view Tokenizer::bytes(TokenId id) const noexcept
{
    return id < m_state->bytes.size() ? std::string_view(m_state->bytes[id]) : std::string_view();
}

bool Tokenizer::isControl(TokenId id) const noexcept
{
    return id >= m_state->isControl.size() || m_state->isControl[id];
}

std::uint32_t Tokenizer::size() const noexcept
{
    return static_cast<std::uint32_t>(m_state->bytes.size());
}

const ControlTokens& Tokenizer::control() const noexcept
{
    return m_state->control;
}

}  // namespace engine::text
