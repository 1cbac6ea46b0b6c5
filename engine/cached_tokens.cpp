#include "engine/cached_tokens.h"

#include "engine/base/check.h"

namespace engine {

void CachedTokens::grow(std::uint32_t end, const decoder::Slice& slice)
{
    ENGINE_CHECK(end >= count());
    if (end == count())
        return;
    if (m_spans.empty() || m_spans.back().slice != slice)
        m_spans.push_back({slice, end});
    else
        m_spans.back().end = end;
}

void CachedTokens::shrink(std::uint32_t count) noexcept
{
    while (!m_spans.empty() && m_spans.back().end > count) {
        const std::uint32_t begin = m_spans.size() > 1 ? m_spans[m_spans.size() - 2].end : 0;
        if (begin < count) {
            m_spans.back().end = count;
            return;
        }
        m_spans.pop_back();
    }
}

// A token that another size read makes those after it different too.
std::uint32_t CachedTokens::exactFor(const decoder::Slice& slice,
                                     const decoder::DecoderConfig& config) const noexcept
{
    std::uint32_t exact = 0;
    for (const Span& span : m_spans) {
        if (!span.slice.storesTheSameAs(slice, config))
            break;
        exact = span.end;
    }
    return exact;
}

}  // namespace engine
