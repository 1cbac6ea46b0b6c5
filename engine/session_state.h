#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "engine/cached_tokens.h"
#include "engine/model.h"
#include "engine/runner.h"
#include "engine/session.h"
#include "engine/text/tokenizer.h"
#include "engine/text/transcript.h"

namespace engine {

// What a conversation is made of: its ids, and the media that some of them stand for. The first of
// them are in the cache; the last id is never fed before a reply is asked for, because feeding it
// is what draws the next one. So prefill needs no logits, and a reply is nothing but decode steps.
// Private to the engine: sessions and their open messages share it.
struct Session::State {
    std::shared_ptr<const Model> model;
    std::unique_ptr<Runner> runner;
    std::uint32_t capacity = 0;
    text::Transcript said;
    CachedTokens cached;
    ModelSize size;
    std::string system;          // put before the first user turn
    bool isMessageOpen = false;  // then `said` ends in what was read of it

    Result<const text::Tokenizer*> tokenizer() const;
    Result<void> checkOptions(const SamplingOptions& options) const;
    Result<void> checkIds(std::span<const TokenId> ids) const;

    // ContextFull if `more` does not fit behind the first `at` ids.
    Result<void> checkRoom(const text::Transcript& more, std::uint32_t at) const;

    // Puts ids at the end of the conversation, unfed. ContextFull if they do not fit.
    Result<void> extend(const text::Transcript& more);

    // The same, and feeds all but the last. If that fails the conversation is what it was.
    Result<void> add(const text::Transcript& more, const std::stop_token& stop,
                     const ReadProgress& progress = {});

    // Feeds ids until `end` of them are in the cache. Where the cache no longer holds the window of
    // the next position, because the conversation was shortened by more than the rings' slack, all
    // is read again.
    Result<void> feed(std::uint32_t end, const std::stop_token& stop,
                      const ReadProgress& progress = {});

    // Shortens the conversation. What the cache holds of later positions does no harm: it is never
    // read, and the ring is checked before the next pass.
    void forgetFrom(std::uint32_t length) noexcept;

    bool isEnd(TokenId id) const;
};

}  // namespace engine
