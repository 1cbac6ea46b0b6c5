#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace engine::text {

// sentencepiece's numbers, which GGUF's token_type uses too.
enum class PieceType : std::uint8_t {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
};

struct Piece {
    std::string text;
    float score = 0.0F;
    PieceType type = PieceType::Normal;
};

// Sixteen times what Gemma's vocabulary has: more is damage.
inline constexpr std::size_t kMostPieces = std::size_t{1} << 22;

// What Nestling reads and writes of sentencepiece's ModelProto, the content of a tokenizer.model.
struct ModelProto {
    std::vector<Piece> pieces;
    // How the pieces were found and how text is normalised: messages kept as they lie in the file.
    std::string trainerSpec;
    std::string normalizerSpec;
};

// The fields of the two specs that decide whether this engine can use the model.
struct ModelKind {
    bool isBpe = false;
    bool hasByteFallback = false;
    bool hasCharacterMap = false;  // a normaliser that rewrites characters
};

// Both fail with InvalidFile where the bytes are no such message; the message lacks the file's name
// and a full stop. The pieces' texts and scores are not checked.
Result<ModelProto> parseModelProto(std::string_view bytes);
Result<ModelKind> modelKind(const ModelProto& model);

// Without the fields that ModelProto here does not hold: the self test, whose answers change with
// the pieces' types, and the denormaliser, which only sentencepiece's own decoding uses.
std::string serializeModelProto(const ModelProto& model);

// Gemma's: BPE with byte fallback; the text is taken as it is, but for spaces, which become ▁.
std::string gemmaTrainerSpec(std::uint32_t vocabularySize);
std::string gemmaNormalizerSpec();

}  // namespace engine::text
