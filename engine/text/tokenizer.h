#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/model_files.h"
#include "engine/message.h"
#include "engine/result.h"

namespace engine::text {

// Ids of the markers that the engine adds itself, found by their pieces. Absent where the
// vocabulary lacks them.
struct ControlTokens {
    TokenId bos = 2;
    TokenId pad = 0;
    std::optional<TokenId> eos;
    std::optional<TokenId> startOfTurn;
    std::optional<TokenId> endOfTurn;
    std::optional<TokenId> startOfImage;
    std::optional<TokenId> startOfAudio;
};

// sentencepiece over a model's vocabulary. Typed text never yields a control token: every marker
// is typed CONTROL in the proto before use (spec 01 §6.3-6.4). Immutable; any thread may use it.
class Tokenizer {
public:
    // From tokenizer.model, or from the pieces in a GGUF's metadata. Fails with InvalidFile, or
    // UnsupportedModel if the files hold no tokenizer.
    static Result<Tokenizer> create(const file::ModelFiles& files);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    // UTF-8 to ids; invalid bytes are read as U+FFFD. No <bos>, no markup.
    std::vector<TokenId> encode(std::string_view text) const;

    // The bytes that a token adds to a reply: ▁ as a space, a byte piece as its byte, a control
    // token as nothing (spec 01 §6.7).
    std::string_view bytes(TokenId id) const noexcept;

    bool isControl(TokenId id) const noexcept;
    std::uint32_t size() const noexcept;
    const ControlTokens& control() const noexcept;

private:
    struct State;
    explicit Tokenizer(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> m_state;
};

}  // namespace engine::text
