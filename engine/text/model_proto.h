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

// What Nestling reads of sentencepiece's ModelProto, the content of a tokenizer.model. How a file
// wants text normalised is not among it: Gemma's text is taken as it is, and so do the published
// tokenizers.
struct ModelProto {
    std::vector<Piece> pieces;
    bool isBpe = false;
    bool hasByteFallback = false;
};

// Fails with InvalidFile where the bytes are no ModelProto; the message lacks the file's name and a
// full stop. The pieces' texts and scores are not checked.
Result<ModelProto> parseModelProto(std::string_view bytes);

// The ModelProto of a tokenizer of Gemma's kind: BPE with byte fallback; the text is taken as it
// is, but for spaces, which become ▁.
std::string serializeGemmaModel(const std::vector<Piece>& pieces);

}  // namespace engine::text
