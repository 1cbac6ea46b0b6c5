#include "engine/text/vocabulary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/file/mapped_file.h"
#include "engine/text/utf8_joiner.h"

namespace engine::text {
namespace {

// Sixteen times what Gemma's tokenizer.model has.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // ▁ U+2581

Error invalid(std::string message)
{
    return {ErrorCode::InvalidFile, std::move(message)};
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// <unused12> for the prefix "<unused" and the suffix ">".
bool isNumbered(std::string_view text, std::string_view prefix, std::string_view suffix)
{
    if (text.size() <= prefix.size() + suffix.size() || !text.starts_with(prefix) ||
        !text.ends_with(suffix))
        return false;
    text.remove_prefix(prefix.size());
    text.remove_suffix(suffix.size());
    return std::all_of(text.begin(), text.end(), isDigit);
}

// Published files type some of these USER_DEFINED: text would become them.
bool isMarker(std::string_view text)
{
    static constexpr std::array<std::string_view, 13> kMarkers{"<pad>",
                                                               "<eos>",
                                                               "<bos>",
                                                               "<mask>",
                                                               "[multimodal]",
                                                               "<start_of_turn>",
                                                               "<end_of_turn>",
                                                               "<start_of_image>",
                                                               "<end_of_image>",
                                                               "<start_of_audio>",
                                                               "<end_of_audio>",
                                                               "<image_soft_token>",
                                                               "<audio_soft_token>"};
    return std::find(kMarkers.begin(), kMarkers.end(), text) != kMarkers.end() ||
           isNumbered(text, "<unused", ">");
}

// <b>, </table>, <h1>: a tag of lower-case letters and digits.
bool isTag(std::string_view text)
{
    if (!text.starts_with('<') || !text.ends_with('>'))
        return false;
    text = text.substr(1, text.size() - 2);
    if (text.starts_with('/'))
        text.remove_prefix(1);
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return isDigit(c) || (c >= 'a' && c <= 'z');
    });
}

bool isRunOf(std::string_view text, std::string_view unit, std::size_t leastUnits)
{
    if (text.size() % unit.size() != 0 || text.size() / unit.size() < leastUnits)
        return false;
    for (; !text.empty(); text.remove_prefix(unit.size())) {
        if (!text.starts_with(unit))
            return false;
    }
    return true;
}

// What Gemma's vocabularies hold as user-defined pieces. llama.cpp's converter types these NORMAL
// where the model's folder has no list of added tokens. A single ▁ is an ordinary piece.
bool isLayout(std::string_view text)
{
    return isRunOf(text, "\n", 1) || isRunOf(text, "\t", 1) || isRunOf(text, " ", 2) ||
           isRunOf(text, kSpaceMark, 2) || isTag(text);
}

std::string withSpaceMarks(std::string_view text)
{
    std::string marked;
    for (const char c : text) {
        if (c == ' ')
            marked += kSpaceMark;
        else
            marked += c;
    }
    return marked;
}

std::optional<std::uint8_t> byteOf(std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (text.size() != 6 || !text.starts_with("<0x") || !text.ends_with('>'))
        return std::nullopt;
    const std::size_t high = kDigits.find(text[3]);
    const std::size_t low = kDigits.find(text[4]);
    if (high == std::string_view::npos || low == std::string_view::npos)
        return std::nullopt;
    return static_cast<std::uint8_t>(high * 16 + low);
}

void retypePieces(std::vector<Piece>& pieces)
{
    for (Piece& piece : pieces) {
        // [PADn] are the converter's, to fill a table; sentencepiece must not merge text to them.
        if (isMarker(piece.text) ||
            (piece.type == PieceType::Unused && isNumbered(piece.text, "[PAD", "]")))
            piece.type = PieceType::Control;
        else if (piece.type == PieceType::Normal && isLayout(piece.text))
            piece.type = PieceType::UserDefined;

        if (piece.type == PieceType::UserDefined)
            piece.text = withSpaceMarks(piece.text);
    }
}

// GGUF types <unk> CONTROL; sentencepiece wants one UNKNOWN piece.
void chooseUnknown(std::vector<Piece>& pieces, std::optional<std::int64_t> id)
{
    const auto isUnknown = [](const Piece& piece) { return piece.type == PieceType::Unknown; };
    if (std::any_of(pieces.begin(), pieces.end(), isUnknown))
        return;
    const auto named = std::find_if(pieces.begin(), pieces.end(),
                                    [](const Piece& piece) { return piece.text == "<unk>"; });
    if (named != pieces.end())
        named->type = PieceType::Unknown;
    else if (id && *id >= 0 && static_cast<std::uint64_t>(*id) < pieces.size())
        pieces[static_cast<std::size_t>(*id)].type = PieceType::Unknown;
}

Result<void> checkPieces(const std::vector<Piece>& pieces)
{
    std::array<bool, 256> hasByte{};
    std::size_t byteCount = 0;
    std::size_t unknownCount = 0;
    std::size_t textBytes = 0;
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        const Piece& piece = pieces[id];
        const std::string name = "piece " + std::to_string(id) + " of the vocabulary";
        textBytes += piece.text.size();
        if (piece.text.empty())
            return invalid(name + " is empty");
        if (!std::isfinite(piece.score))
            return invalid(name + " has a score that is no number");
        // sentencepiece keeps these in a trie of null-terminated strings.
        if (piece.type == PieceType::UserDefined && piece.text.find('\0') != std::string::npos)
            return invalid(name + " holds a null byte");
        if (piece.type == PieceType::Unknown)
            ++unknownCount;
        if (piece.type != PieceType::Byte)
            continue;
        const std::optional<std::uint8_t> byte = byteOf(piece.text);
        if (!byte || hasByte.at(*byte))
            return invalid(name + " is no byte of its own");
        hasByte.at(*byte) = true;
        ++byteCount;
    }
    if (textBytes > kMostBytes)
        return invalid("the pieces of the vocabulary are too long");
    if (unknownCount != 1)
        return invalid("the vocabulary has " + std::to_string(unknownCount) +
                       " unknown pieces and needs exactly one");
    if (byteCount != hasByte.size())
        return invalid("the vocabulary has " + std::to_string(byteCount) +
                       " byte pieces and needs all 256");
    return {};
}

// Turns a message into a sentence about the file.
Result<std::vector<Piece>> withPath(const std::filesystem::path& path,
                                    Result<std::vector<Piece>> pieces)
{
    if (pieces)
        return pieces;
    return Error{pieces.error().code, path.string() + ": " + pieces.error().message + "."};
}

}  // namespace

Result<std::vector<Piece>> vocabularyFromProto(std::string_view bytes)
{
    if (bytes.size() > kMostBytes)
        return invalid("it is too large for a tokenizer");
    ENGINE_TRY(ModelProto model, parseModelProto(bytes));
    if (!model.isBpe || !model.hasByteFallback) {
        return Error{ErrorCode::UnsupportedModel,
                     "it is a sentencepiece model, but not BPE with byte fallback, as Gemma's are"};
    }
    retypePieces(model.pieces);
    ENGINE_TRY_VOID(checkPieces(model.pieces));
    return std::move(model.pieces);
}

Result<std::vector<Piece>> vocabularyFromMetadata(const file::Metadata& metadata)
{
    const std::optional<std::string> kind = metadata.text("tokenizer.ggml.model");
    if (!kind)
        return Error{ErrorCode::UnsupportedModel,
                     "the file holds no tokenizer: it has no tokenizer.ggml.model"};
    if (*kind != "llama")
        return Error{ErrorCode::UnsupportedModel,
                     "tokenizer.ggml.model is \"" + toValidUtf8(kind->substr(0, 40)) +
                         "\"; only sentencepiece's \"llama\" is supported"};

    const std::vector<std::string>* texts = metadata.texts("tokenizer.ggml.tokens");
    const auto scores = metadata.reals("tokenizer.ggml.scores");
    const auto types = metadata.integers("tokenizer.ggml.token_type");
    if (texts == nullptr || texts->empty())
        return invalid("tokenizer.ggml.tokens is missing or is no list of texts");
    if (!scores)
        return invalid("tokenizer.ggml.scores is missing or is no list of numbers");
    if (!types)
        return invalid("tokenizer.ggml.token_type is missing or is no list of integers");
    if (texts->size() > kMostPieces)
        return invalid("tokenizer.ggml.tokens has " + std::to_string(texts->size()) +
                       " pieces: too many");
    if (scores->size() != texts->size() || types->size() != texts->size()) {
        return invalid("tokenizer.ggml.tokens has " + std::to_string(texts->size()) +
                       " pieces, but there are " + std::to_string(scores->size()) + " scores and " +
                       std::to_string(types->size()) + " types");
    }

    std::vector<Piece> pieces;
    pieces.reserve(texts->size());
    for (std::size_t id = 0; id < texts->size(); ++id) {
        const std::int64_t type = (*types)[id];
        if (type < 1 || type > 6) {
            return invalid("tokenizer.ggml.token_type has the unknown type " +
                           std::to_string(type) + " for piece " + std::to_string(id));
        }
        pieces.push_back({.text = (*texts)[id],
                          .score = static_cast<float>((*scores)[id]),
                          .type = static_cast<PieceType>(type)});
    }
    retypePieces(pieces);
    chooseUnknown(pieces, metadata.integer("tokenizer.ggml.unknown_token_id"));
    ENGINE_TRY_VOID(checkPieces(pieces));
    return pieces;
}

Result<std::vector<Piece>> readVocabulary(const file::ModelFiles& files)
{
    if (files.format == file::Format::Gguf)
        return withPath(files.path, vocabularyFromMetadata(files.metadata));
    if (files.tokenizerModel.empty()) {
        return withPath(files.path,
                        Error{ErrorCode::UnsupportedModel,
                              "the folder holds no tokenizer: it has no tokenizer.model"});
    }
    ENGINE_TRY(const auto mapping, file::MappedFile::open(files.tokenizerModel));
    const std::span<const std::byte> bytes = mapping->bytes();
    return withPath(
        files.tokenizerModel,
        vocabularyFromProto({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

}  // namespace engine::text
