#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace engine::file {

// Reads little-endian numbers from the front of a range. The first read beyond its end makes it
// fail for good: later reads give zero, so that a caller may read several and ask once.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) noexcept : m_bytes(bytes) {}

    // An unsigned number of `width` bytes, 1 to 8.
    std::uint64_t number(std::size_t width) noexcept
    {
        std::uint64_t value = 0;
        const auto bytes = take(width);
        for (std::size_t i = 0; i < bytes.size(); ++i)
            value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
        return value;
    }

    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() noexcept { return number(8); }

    // The next `size` bytes; empty if there are fewer.
    std::span<const std::byte> take(std::uint64_t size) noexcept
    {
        if (m_failed || size > remaining()) {
            m_failed = true;
            return {};
        }
        const auto taken = m_bytes.subspan(m_position, static_cast<std::size_t>(size));
        m_position += taken.size();
        return taken;
    }

    bool failed() const noexcept { return m_failed; }
    std::size_t position() const noexcept { return m_position; }
    std::size_t remaining() const noexcept { return m_bytes.size() - m_position; }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_position = 0;
    bool m_failed = false;
};

// Bytes as the characters that they are.
inline std::string_view asText(std::span<const std::byte> bytes) noexcept
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace engine::file
