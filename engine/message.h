#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace engine {

using TokenId = std::uint32_t;

// An encoded picture or sound: rows of embeddings that stay in device memory. Cheap to copy; the
// rows are shared and never change.
class SoftTokens {
public:
    enum class Source { Image, Sound };

    // For the engine's own use; see soft_token_rows.h.
    struct Rows;

    SoftTokens(Source source, std::uint32_t count, std::shared_ptr<const Rows> rows)
        : m_source(source)
        , m_count(count)
        , m_rows(std::move(rows))
    {
    }

    Source source() const noexcept { return m_source; }
    std::uint32_t count() const noexcept { return m_count; }
    const Rows& rows() const noexcept { return *m_rows; }

private:
    Source m_source;
    std::uint32_t m_count;
    std::shared_ptr<const Rows> m_rows;
};

// System text has no turn of its own: the template puts it before the first user turn.
enum class Role { System, User, Assistant };

// A piece of a message. Text is UTF-8; invalid bytes are read as U+FFFD, and it never becomes a
// control token.
using Part = std::variant<std::string, SoftTokens>;

// Pictures and sounds stand among the text in their order. Only users show any.
struct Message {
    Role role = Role::User;
    std::vector<Part> parts;
};

// How the next token is drawn: repetition penalty, then temperature, top-k, top-p, min-p.
struct SamplingOptions {
    float temperature = 1.0F;        // 0 picks the likeliest token
    std::uint32_t topK = 64;         // 1 to kMaxTopK; 0 means kMaxTopK
    float topP = 0.95F;              // (0, 1]; 1 is off
    float minP = 0.0F;               // [0, 1]; 0 is off
    float repetitionPenalty = 1.0F;  // > 0; 1 is off. Over every token of the conversation.
    std::uint64_t seed = 0;
    std::uint32_t maxTokens = 1024;

    static constexpr std::uint32_t kMaxTopK = 256;
};

// How the forward pass of one token is computed: a few kernels that each do much, or many plain
// ones, which are the reference. Both compute the same.
enum class Kernels { Fused, Plain };

// How keys and values are kept: 16-bit floats take half of the memory and of the time to read them,
// 32 bits compute what the published implementation does to its last digits.
enum class CachePrecision { Half, Single };

enum class Finish { EndOfTurn, TokenLimit, ContextFull, Stopped };

struct Reply {
    Finish finish = Finish::EndOfTurn;
    std::string text;             // everything that the sink received
    std::vector<TokenId> tokens;  // as drawn, without the token that ended the turn
    std::chrono::nanoseconds timeToFirstToken{};
    std::chrono::nanoseconds duration{};  // first to last token included
};

}  // namespace engine
