#include "engine/text/transcript.h"

namespace engine::text {

void Transcript::append(const Transcript& more)
{
    const std::uint32_t shift = length();
    ids.insert(ids.end(), more.ids.begin(), more.ids.end());
    for (const MediaSpan& span : more.media)
        media.push_back({shift + span.first, span.tokens});
}

void Transcript::truncate(std::uint32_t length) noexcept
{
    while (!media.empty() && media.back().last() >= length) {
        if (media.back().first < length)
            length = media.back().first;
        media.pop_back();
    }
    if (length < ids.size())
        ids.resize(length);
}

bool Transcript::endsInMedia() const noexcept
{
    return !media.empty() && media.back().last() + 1 == length();
}

}  // namespace engine::text
