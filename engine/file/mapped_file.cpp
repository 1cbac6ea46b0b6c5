#include "engine/file/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

#include "engine/base/check.h"

namespace engine::file {

namespace {

Error invalid(const std::filesystem::path& path, const std::string& what)
{
    return {ErrorCode::InvalidFile, path.string() + " " + what};
}

Error systemError(const std::filesystem::path& path, int number)
{
    if (number == ENOENT)
        return invalid(path, "does not exist.");
    return invalid(path, "cannot be read: " + std::generic_category().message(number) + ".");
}

// Closes the descriptor when it goes; a mapping does not need it.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept : m_number(number) {}
    ~Descriptor()
    {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const noexcept { return m_number; }

private:
    int m_number;
};

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path)
{
    // O_NONBLOCK: a named pipe must be refused, not waited for.
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (descriptor.number() < 0)
        return systemError(path, errno);

    struct stat status {};
    if (::fstat(descriptor.number(), &status) != 0)
        return systemError(path, errno);
    if (S_ISDIR(status.st_mode))
        return invalid(path, "is a folder, not a file.");
    if (!S_ISREG(status.st_mode))
        return invalid(path, "is not a regular file.");
    if (status.st_size <= 0)
        return invalid(path, "is empty.");
    if (static_cast<std::uint64_t>(status.st_size) > std::numeric_limits<std::size_t>::max())
        return invalid(path, "is too large for this machine.");

    const auto size = static_cast<std::size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number(), 0);
    if (address == MAP_FAILED)
        return systemError(path, errno);
    const std::span bytes(static_cast<const std::byte*>(address), size);
    return std::shared_ptr<const MappedFile>(new MappedFile(path, bytes));
}

MappedFile::MappedFile(std::filesystem::path path, std::span<const std::byte> bytes)
    : m_path(std::move(path))
    , m_bytes(bytes)
{
}

MappedFile::~MappedFile()
{
    // munmap takes a pointer to mutable memory and changes nothing in it.
    ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
}

const std::filesystem::path& MappedFile::path() const noexcept
{
    return m_path;
}

std::span<const std::byte> MappedFile::bytes() const noexcept
{
    return m_bytes;
}

void MappedFile::forget(std::span<const std::byte> range) const noexcept
{
    if (range.empty())
        return;
    ENGINE_CHECK(range.data() >= m_bytes.data());
    const auto offset = static_cast<std::size_t>(range.data() - m_bytes.data());
    ENGINE_CHECK(offset + range.size() <= m_bytes.size());

    // The mapping begins on a page, so offsets are as good as addresses. The file's last page ends
    // with the file, though its bytes do not fill it.
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t first = (offset + page - 1) / page * page;
    const std::size_t end = offset + range.size();
    const std::size_t last = end == m_bytes.size() ? end : end / page * page;
    if (first < last)
        ::madvise(const_cast<std::byte*>(m_bytes.data()) + first, last - first, MADV_DONTNEED);
}

}  // namespace engine::file
