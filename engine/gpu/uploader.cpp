#include "engine/gpu/uploader.h"

#include "engine/base/check.h"

namespace engine::gpu {

Result<std::unique_ptr<Uploader>> Uploader::create(Context& context)
{
    return std::unique_ptr<Uploader>(new Uploader(context));
}

Result<void> Uploader::write(const Tensor& target, std::uint64_t offset, std::uint64_t bytes,
                             const Fill& fill)
{
    ENGINE_CHECK(bytes <= kPieceBytes && offset + bytes <= target.bytes);
    if (const auto mapped = target.arena->mapped(); !mapped.empty()) {
        fill(mapped.subspan(target.offset + offset, bytes));
        return {};
    }
    if (!m_staging) {
        ENGINE_TRY(m_staging, Arena::create(m_context, kPieceBytes, MemoryUse::HostWrite));
        ENGINE_TRY(m_commands, CommandBuffer::create(m_context));
    }
    fill(m_staging->mapped().first(bytes));
    ENGINE_TRY_VOID(m_commands->begin());
    const VkBufferCopy region{0, target.offset + offset, bytes};
    vkCmdCopyBuffer(m_commands->handle(), m_staging->buffer(), target.arena->buffer(), 1, &region);
    return m_commands->submitAndWait();
}

}  // namespace engine::gpu
