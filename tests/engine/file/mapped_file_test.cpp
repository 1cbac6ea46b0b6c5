#include "engine/file/mapped_file.h"

#include <QTest>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/support/temporary_folder.h"

using engine::file::MappedFile;

namespace {

// Which pages of a mapping are in this process's page tables, from the kernel's map of them.
std::size_t residentBytes(std::span<const std::byte> range)
{
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto first = reinterpret_cast<std::uintptr_t>(range.data()) / page;
    const int pagemap = ::open("/proc/self/pagemap", O_RDONLY);
    std::size_t resident = 0;
    for (std::uintptr_t i = first; i < first + range.size() / page; ++i) {
        std::uint64_t entry = 0;
        const auto offset = static_cast<off_t>(i * sizeof entry);
        if (::pread(pagemap, &entry, sizeof entry, offset) == sizeof entry && (entry >> 63) != 0)
            resident += page;
    }
    ::close(pagemap);
    return resident;
}

}  // namespace

class MappedFileTest : public QObject {
    Q_OBJECT

private slots:
    void bytesAreThoseOfTheFile();
    void forgottenPagesLeaveMemoryAndComeBack();
    void forgettingPartOfAPageKeepsIt();

private:
    std::filesystem::path write(const std::string& name, std::size_t size) const;

    tests::TemporaryFolder m_folder;
};

std::filesystem::path MappedFileTest::write(const std::string& name, std::size_t size) const
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(i % 251);
    std::ofstream(m_folder / name, std::ios::binary) << text;
    return m_folder / name;
}

void MappedFileTest::bytesAreThoseOfTheFile()
{
    const auto path = write("bytes", 5000);
    const auto file = MappedFile::open(path);
    QVERIFY(file);
    QCOMPARE((*file)->path(), path);
    QCOMPARE((*file)->bytes().size(), std::size_t{5000});
    QVERIFY((*file)->bytes()[4999] == std::byte{4999 % 251});
}

void MappedFileTest::forgottenPagesLeaveMemoryAndComeBack()
{
    const std::size_t size = 4U << 20;
    const auto file = MappedFile::open(write("large", size));
    QVERIFY(file);
    const auto bytes = (*file)->bytes();
    unsigned sum = 0;
    for (std::size_t i = 0; i < size; i += 1024)
        sum += static_cast<unsigned>(bytes[i]);
    if (residentBytes(bytes) != size)
        QSKIP("this system does not tell which pages are in memory");

    (*file)->forget(bytes.subspan(1 << 20, 2 << 20));
    QVERIFY(residentBytes(bytes) <= size / 2);  // huge pages may go whole
    unsigned again = 0;
    for (std::size_t i = 0; i < size; i += 1024)
        again += static_cast<unsigned>(bytes[i]);
    QCOMPARE(again, sum);

    (*file)->forget(bytes);
    QCOMPARE(residentBytes(bytes), std::size_t{0});
    (*file)->forget({});
}

void MappedFileTest::forgettingPartOfAPageKeepsIt()
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto file = MappedFile::open(write("pages", 3 * page));
    QVERIFY(file);
    const auto bytes = (*file)->bytes();
    unsigned sum = 0;
    for (const std::byte byte : bytes)
        sum += static_cast<unsigned>(byte);
    QVERIFY(sum != 0);
    if (residentBytes(bytes) != 3 * page)
        QSKIP("this system does not tell which pages are in memory");
    (*file)->forget(bytes.subspan(1, 2 * page));  // holds the second page whole, no other
    QCOMPARE(residentBytes(bytes), 2 * page);
}

QTEST_GUILESS_MAIN(MappedFileTest)
#include "mapped_file_test.moc"
