#include "engine/text/model_proto.h"

#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace engine::text {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint32_t kModelPieces = 1;
constexpr std::uint32_t kModelTrainerSpec = 2;
constexpr std::uint32_t kModelNormalizerSpec = 3;
constexpr std::uint32_t kPieceText = 1;
constexpr std::uint32_t kPieceScore = 2;
constexpr std::uint32_t kPieceType = 3;
constexpr std::uint32_t kTrainerModelType = 3;
constexpr std::uint32_t kTrainerVocabularySize = 4;
constexpr std::uint32_t kTrainerByteFallback = 35;
constexpr std::uint32_t kNormalizerName = 1;
constexpr std::uint32_t kNormalizerAddDummyPrefix = 3;
constexpr std::uint32_t kNormalizerRemoveExtraWhitespaces = 4;
constexpr std::uint32_t kNormalizerEscapeWhitespaces = 5;

constexpr std::uint64_t kModelTypeBpe = 2;

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Field {
    std::uint32_t number = 0;
    WireType type = WireType::Varint;
    std::uint64_t value = 0;  // of a Varint, Fixed64 or Fixed32
    std::string_view bytes;   // of Bytes
};

// Takes the fields of one message from the front, in order.
class FieldReader {
public:
    explicit FieldReader(std::string_view bytes) : m_bytes(bytes) {}

    bool atEnd() const { return m_bytes.empty(); }

    // nullopt where the bytes are no field.
    std::optional<Field> next()
    {
        const std::optional<std::uint64_t> key = varint();
        if (!key || *key >> 3 == 0 || *key >> 3 > std::numeric_limits<std::uint32_t>::max())
            return std::nullopt;
        Field field{.number = static_cast<std::uint32_t>(*key >> 3),
                    .type = static_cast<WireType>(*key & 7),
                    .bytes = {}};
        std::optional<std::uint64_t> value;
        switch (field.type) {
        case WireType::Varint:
            value = varint();
            break;
        case WireType::Fixed64:
            value = fixed(8);
            break;
        case WireType::Fixed32:
            value = fixed(4);
            break;
        case WireType::Bytes:
            value = varint();
            if (!value || *value > m_bytes.size())
                return std::nullopt;
            field.bytes = m_bytes.substr(0, static_cast<std::size_t>(*value));
            m_bytes.remove_prefix(field.bytes.size());
            return field;
        default:
            return std::nullopt;
        }
        if (!value)
            return std::nullopt;
        field.value = *value;
        return field;
    }

private:
    std::optional<std::uint64_t> varint()
    {
        constexpr std::size_t kMostBytes = 10;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < kMostBytes && i < m_bytes.size(); ++i) {
            const auto byte = static_cast<std::uint8_t>(m_bytes[i]);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
            if (byte < 0x80) {
                m_bytes.remove_prefix(i + 1);
                return value;
            }
        }
        return std::nullopt;
    }

    std::optional<std::uint64_t> fixed(std::size_t width)
    {
        if (m_bytes.size() < width)
            return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i)
            value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(m_bytes[i])) << (8 * i);
        m_bytes.remove_prefix(width);
        return value;
    }

    std::string_view m_bytes;
};

void writeVarint(std::string& out, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

void writeKey(std::string& out, std::uint32_t number, WireType type)
{
    writeVarint(out, (std::uint64_t{number} << 3) | static_cast<std::uint64_t>(type));
}

void writeNumber(std::string& out, std::uint32_t number, std::uint64_t value)
{
    writeKey(out, number, WireType::Varint);
    writeVarint(out, value);
}

void writeBytes(std::string& out, std::uint32_t number, std::string_view bytes)
{
    writeKey(out, number, WireType::Bytes);
    writeVarint(out, bytes.size());
    out += bytes;
}

void writeFloat(std::string& out, std::uint32_t number, float value)
{
    writeKey(out, number, WireType::Fixed32);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8)
        out += static_cast<char>(bits >> shift);
}

Error damaged()
{
    return {ErrorCode::InvalidFile, "it is not a sentencepiece model"};
}

Result<Piece> parsePiece(std::string_view bytes)
{
    Piece piece;
    for (FieldReader reader(bytes); !reader.atEnd();) {
        const std::optional<Field> field = reader.next();
        if (!field)
            return damaged();
        if (field->number == kPieceText && field->type == WireType::Bytes) {
            piece.text = field->bytes;
        } else if (field->number == kPieceScore && field->type == WireType::Fixed32) {
            piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        } else if (field->number == kPieceType && field->type == WireType::Varint) {
            if (field->value < 1 || field->value > 6)
                return damaged();
            piece.type = static_cast<PieceType>(field->value);
        }
    }
    return piece;
}

Result<void> parseTrainerSpec(ModelProto& model, std::string_view bytes)
{
    for (FieldReader reader(bytes); !reader.atEnd();) {
        const std::optional<Field> field = reader.next();
        if (!field)
            return damaged();
        if (field->number == kTrainerModelType)
            model.isBpe = field->value == kModelTypeBpe;
        else if (field->number == kTrainerByteFallback)
            model.hasByteFallback = field->value != 0;
    }
    return {};
}

std::string trainerSpec(std::size_t vocabularySize)
{
    std::string spec;
    writeNumber(spec, kTrainerModelType, kModelTypeBpe);
    writeNumber(spec, kTrainerVocabularySize, vocabularySize);
    writeNumber(spec, kTrainerByteFallback, 1);
    return spec;
}

std::string normalizerSpec()
{
    std::string spec;
    writeBytes(spec, kNormalizerName, "identity");
    writeNumber(spec, kNormalizerAddDummyPrefix, 0);
    writeNumber(spec, kNormalizerRemoveExtraWhitespaces, 0);
    writeNumber(spec, kNormalizerEscapeWhitespaces, 1);
    return spec;
}

}  // namespace

Result<ModelProto> parseModelProto(std::string_view bytes)
{
    ModelProto model;
    for (FieldReader reader(bytes); !reader.atEnd();) {
        const std::optional<Field> field = reader.next();
        if (!field)
            return damaged();
        if (field->type != WireType::Bytes)
            continue;
        if (field->number == kModelPieces) {
            ENGINE_TRY(Piece piece, parsePiece(field->bytes));
            if (model.pieces.size() == kMostPieces)
                return damaged();
            model.pieces.push_back(std::move(piece));
        } else if (field->number == kModelTrainerSpec) {
            ENGINE_TRY_VOID(parseTrainerSpec(model, field->bytes));
        }
    }
    if (model.pieces.empty())
        return damaged();
    return model;
}

std::string serializeGemmaModel(const std::vector<Piece>& pieces)
{
    std::string out;
    std::string message;
    for (const Piece& piece : pieces) {
        message.clear();
        writeBytes(message, kPieceText, piece.text);
        writeFloat(message, kPieceScore, piece.score);
        writeNumber(message, kPieceType, static_cast<std::uint64_t>(piece.type));
        writeBytes(out, kModelPieces, message);
    }
    writeBytes(out, kModelTrainerSpec, trainerSpec(pieces.size()));
    writeBytes(out, kModelNormalizerSpec, normalizerSpec());
    return out;
}

}  // namespace engine::text
