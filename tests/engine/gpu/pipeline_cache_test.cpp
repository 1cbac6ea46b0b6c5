#include "engine/gpu/pipeline_cache.h"

#include <QTest>

#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/device.h"
#include "tests/support/golden_model.h"
#include "tests/support/temporary_folder.h"

using engine::gpu::PipelineCacheKey;
using engine::gpu::readPipelineCache;
using engine::gpu::writePipelineCache;

namespace {

PipelineCacheKey key()
{
    PipelineCacheKey key;
    key.device.fill(0xd1);
    key.driver.fill(0xd2);
    key.format.fill(0xf0);
    key.driverVersion = 7;
    return key;
}

std::vector<std::byte> pipelines(std::size_t size)
{
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i * 7 + size);
    return bytes;
}

std::vector<char> contents(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void overwrite(const std::filesystem::path& file, const std::vector<char>& bytes)
{
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::ptrdiff_t filesIn(const std::filesystem::path& folder)
{
    return std::distance(std::filesystem::directory_iterator(folder), {});
}

}  // namespace

class PipelineCacheTest : public QObject {
    Q_OBJECT

private slots:
    void whatIsWrittenIsRead();
    void anotherKeyReadsNothing_data();
    void anotherKeyReadsNothing();
    void whatIsDamagedIsNothing();
    void whatIsNoFileIsNothing();
    void whatCannotBeWrittenLeavesNothingBehind();
    void twoThatWriteAtOnceLeaveAWholeFile();
    void aDeviceKeepsWhatItsDriverHas();
    void aDeviceOpensWithADamagedFile();
    void aDeviceOpensWithoutAFolder();

private:
    tests::TemporaryFolder m_folder;
};

void PipelineCacheTest::whatIsWrittenIsRead()
{
    const auto file = m_folder / "new/folder/file";
    QVERIFY(readPipelineCache(file, key()).empty());
    for (const std::size_t size : {std::size_t{300}, std::size_t{10}, std::size_t{1} << 20}) {
        QVERIFY(writePipelineCache(file, key(), pipelines(size)));
        QCOMPARE(readPipelineCache(file, key()), pipelines(size));
    }
    QCOMPARE(filesIn(file.parent_path()), 1);
}

void PipelineCacheTest::anotherKeyReadsNothing_data()
{
    QTest::addColumn<QByteArray>("other");
    const auto add = [](const char* name, const auto& change) {
        PipelineCacheKey other = key();
        change(other);
        QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(&other), sizeof other);
    };
    add("device", [](PipelineCacheKey& other) { other.device[3] = 0; });
    add("driver", [](PipelineCacheKey& other) { other.driver[3] = 0; });
    add("format", [](PipelineCacheKey& other) { other.format[3] = 0; });
    add("version", [](PipelineCacheKey& other) { other.driverVersion = 8; });
}

void PipelineCacheTest::anotherKeyReadsNothing()
{
    QFETCH(const QByteArray, other);
    PipelineCacheKey otherKey;
    std::memcpy(&otherKey, other.constData(), sizeof otherKey);
    const auto file = m_folder / "of-a-key";
    QVERIFY(writePipelineCache(file, key(), pipelines(300)));
    QVERIFY(readPipelineCache(file, otherKey).empty());
}

// Every bit of every byte would do; one of each is enough.
void PipelineCacheTest::whatIsDamagedIsNothing()
{
    const auto file = m_folder / "damaged";
    QVERIFY(writePipelineCache(file, key(), pipelines(100)));
    const std::vector<char> whole = contents(file);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::vector<char> damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
        overwrite(file, damaged);
        QVERIFY2(readPipelineCache(file, key()).empty(), qPrintable(QString::number(i)));
        overwrite(file, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)});
        QVERIFY2(readPipelineCache(file, key()).empty(), qPrintable(QString::number(i)));
    }
    std::vector<char> longer = whole;
    longer.push_back(0);
    overwrite(file, longer);
    QVERIFY(readPipelineCache(file, key()).empty());
    overwrite(file, whole);
    QCOMPARE(readPipelineCache(file, key()), pipelines(100));
}

void PipelineCacheTest::whatIsNoFileIsNothing()
{
    QVERIFY(readPipelineCache(m_folder.path(), key()).empty());
    QVERIFY(readPipelineCache("/dev/zero", key()).empty());
}

void PipelineCacheTest::whatCannotBeWrittenLeavesNothingBehind()
{
    overwrite(m_folder / "a-file", {'x'});
    QVERIFY(!writePipelineCache(m_folder / "a-file/below/it", key(), pipelines(10)));
    QCOMPARE(contents(m_folder / "a-file"), std::vector<char>{'x'});

    const auto folder = m_folder / "parent";
    std::filesystem::create_directories(folder / "taken");
    QVERIFY(!writePipelineCache(folder / "taken", key(), pipelines(10)));
    QCOMPARE(filesIn(folder), 1);
}

void PipelineCacheTest::twoThatWriteAtOnceLeaveAWholeFile()
{
    const auto file = m_folder / "shared/file";
    QVERIFY(writePipelineCache(file, key(), pipelines(1)));
    const auto writeOften = [&file](std::size_t size) {
        for (int i = 0; i < 50; ++i)
            writePipelineCache(file, key(), pipelines(size));
    };
    const std::jthread first(writeOften, 5000);
    const std::jthread second(writeOften, 7000);
    for (int i = 0; i < 100; ++i) {
        // The size may be of one file and the rest of the next, which is then read as nothing.
        const auto read = readPipelineCache(file, key());
        QVERIFY(read.empty() || read == pipelines(read.size()));
    }
}

void PipelineCacheTest::aDeviceKeepsWhatItsDriverHas()
{
    if (!tests::openDevice())
        QSKIP("no Vulkan device");
    const auto folder = m_folder / "of-a-device";
    {
        const auto device = engine::Device::open({}, folder);
        QVERIFY(device);
        QVERIFY(!std::filesystem::exists(folder));
    }
    QCOMPARE(filesIn(folder), 1);
    const auto file = std::filesystem::directory_iterator(folder)->path();
    const auto written = std::filesystem::last_write_time(file);
    // Nothing new: nothing is written.
    QVERIFY(engine::Device::open({}, folder));
    QCOMPARE(std::filesystem::last_write_time(file), written);
}

void PipelineCacheTest::aDeviceOpensWithADamagedFile()
{
    if (!tests::openDevice())
        QSKIP("no Vulkan device");
    const auto folder = m_folder / "of-a-damaged-device";
    QVERIFY(engine::Device::open({}, folder));
    const auto file = std::filesystem::directory_iterator(folder)->path();
    const std::vector<char> whole = contents(file);
    std::vector<char> damaged = whole;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    overwrite(file, damaged);
    QVERIFY(engine::Device::open({}, folder));
    QCOMPARE(contents(file), whole);
}

void PipelineCacheTest::aDeviceOpensWithoutAFolder()
{
    if (!tests::openDevice())
        QSKIP("no Vulkan device");
    overwrite(m_folder / "no-folder", {'x'});
    QVERIFY(engine::Device::open({}, m_folder / "no-folder"));
    QCOMPARE(contents(m_folder / "no-folder"), std::vector<char>{'x'});
}

QTEST_GUILESS_MAIN(PipelineCacheTest)
#include "pipeline_cache_test.moc"
