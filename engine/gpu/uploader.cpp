#include "engine/gpu/uploader.h"

#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/check.h"

namespace engine::gpu {
namespace {

// Has the system put pages behind memory that is about to be written for the first time, all at
// once rather than one by one as it is touched, which takes most of the time of a load. Where it
// cannot, it does it then.
void putPagesBehind(std::span<std::byte> memory)
{
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto pastPage = [page](const std::byte* byte) {
        return reinterpret_cast<std::uintptr_t>(byte) % page;
    };
    std::byte* const last = &memory.back() - pastPage(&memory.back());
    unsigned char isThere = 1;
    if (::mincore(last, page, &isThere) != 0 || (isThere & 1U) != 0)
        return;
    std::byte* const first = memory.data() - pastPage(memory.data());
    ::madvise(first, static_cast<std::size_t>(last - first) + page, MADV_POPULATE_WRITE);
}

}  // namespace

Result<std::unique_ptr<Uploader>> Uploader::create(Context& context, Way way)
{
    return std::unique_ptr<Uploader>(new Uploader(context, way));
}

Result<void> Uploader::makeRing()
{
    ENGINE_TRY(m_staging, Arena::create(m_context, kPieces * kPieceBytes, MemoryUse::Staging));
    for (auto& copy : m_copies) {
        ENGINE_TRY(copy, CommandBuffer::create(m_context));
    }
    return {};
}

Result<void> Uploader::write(const Tensor& target, std::uint64_t offset, std::uint64_t bytes,
                             const Fill& fill)
{
    ENGINE_CHECK(bytes > 0 && bytes <= kPieceBytes && offset + bytes <= target.bytes);
    const auto mapped = target.arena->mapped();
    if (m_way == Way::Shortest && !mapped.empty()) {
        const auto memory = mapped.subspan(target.offset + offset, bytes);
        putPagesBehind(memory);
        fill(memory);
        return {};
    }
    if (!m_copies.back())
        ENGINE_TRY_VOID(makeRing());
    CommandBuffer& copy = *m_copies[m_next];
    const std::uint64_t piece = m_next * kPieceBytes;
    m_next = (m_next + 1) % kPieces;
    ENGINE_TRY_VOID(copy.wait());
    fill(m_staging->mapped().subspan(piece, bytes));
    ENGINE_TRY_VOID(copy.begin());
    const VkBufferCopy region{piece, target.offset + offset, bytes};
    vkCmdCopyBuffer(copy.handle(), m_staging->buffer(), target.arena->buffer(), 1, &region);
    return copy.submit();
}

Result<void> Uploader::finish()
{
    for (const auto& copy : m_copies) {
        if (copy)
            ENGINE_TRY_VOID(copy->wait());
    }
    return {};
}

}  // namespace engine::gpu
