#pragma once

#include <cstdint>
#include <vector>

#include "engine/decoder/config.h"
#include "engine/decoder/slice.h"

namespace engine {

// How much of a conversation is in the cache, and at which size of the model each part was read.
class CachedTokens {
public:
    std::uint32_t count() const noexcept { return m_spans.empty() ? 0 : m_spans.back().end; }

    // Tokens up to `end` were read at this size; `end` is at least count().
    void grow(std::uint32_t end, const decoder::Slice& slice);

    // Forgets those from `count` on.
    void shrink(std::uint32_t count) noexcept;

    // The first tokens, as many as are what this size would have written itself.
    std::uint32_t exactFor(const decoder::Slice& slice,
                           const decoder::DecoderConfig& config) const noexcept;

private:
    struct Span {
        decoder::Slice slice;
        std::uint32_t end = 0;
    };

    std::vector<Span> m_spans;  // one after the other, none empty
};

}  // namespace engine
