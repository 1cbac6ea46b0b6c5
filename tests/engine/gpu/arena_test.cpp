#include <QTest>

#include <cstring>

#include "engine/gpu/arena.h"
#include "tests/support/gpu_test.h"

using engine::ErrorCode;
using engine::gpu::Arena;
using engine::gpu::MemoryUse;
using engine::gpu::Tensor;

// Device memory: what it holds, what it refuses, and that it is given back.
class ArenaTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void memoryIsCountedAndGivenBack();
    void moreThanTheLimitIsRefused();
    void moreThanADeviceHasIsRefused();
    void absurdSizesAreRefused();
    void placesAreAlignedAndApart();
    void rowsArePadded();
    void clearingZeroesAll();

private:
    std::unique_ptr<Arena> create(std::uint64_t bytes, MemoryUse use = MemoryUse::HostRead) const;

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void ArenaTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void ArenaTest::cleanup()
{
    if (m_gpu)
        m_gpu->context().faults() = {};
}

std::unique_ptr<Arena> ArenaTest::create(std::uint64_t bytes, MemoryUse use) const
{
    auto arena = Arena::create(m_gpu->context(), bytes, use);
    if (!arena)
        qFatal("%s", arena.error().message.c_str());
    return *std::move(arena);
}

void ArenaTest::memoryIsCountedAndGivenBack()
{
    const std::uint64_t before = m_gpu->context().allocatedBytes();
    for (const MemoryUse use : {MemoryUse::Device, MemoryUse::HostWrite, MemoryUse::HostRead}) {
        const auto arena = create(1000, use);
        QVERIFY(arena->size() >= 1000);
        QCOMPARE(m_gpu->context().allocatedBytes(), before + arena->size());
        if (use != MemoryUse::Device)
            QCOMPARE(std::uint64_t{arena->mapped().size()}, arena->size());
    }
    QCOMPARE(m_gpu->context().allocatedBytes(), before);
}

void ArenaTest::moreThanTheLimitIsRefused()
{
    const std::uint64_t before = m_gpu->context().allocatedBytes();
    m_gpu->context().faults().memoryLimit = before + 4096;
    const auto first = create(4096);
    const auto refused = Arena::create(m_gpu->context(), 1, MemoryUse::Device);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    QCOMPARE(m_gpu->context().allocatedBytes(), before + 4096);
}

void ArenaTest::moreThanADeviceHasIsRefused()
{
    const std::uint64_t before = m_gpu->context().allocatedBytes();
    const auto refused = Arena::create(
        m_gpu->context(), m_gpu->context().limits().maxAllocation + 1, MemoryUse::Device);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    QCOMPARE(m_gpu->context().allocatedBytes(), before);
}

void ArenaTest::absurdSizesAreRefused()
{
    for (const std::uint64_t bytes : {UINT64_MAX, UINT64_MAX - 255, std::uint64_t{1} << 62U}) {
        const auto refused = Arena::create(m_gpu->context(), bytes, MemoryUse::Device);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    }
}

void ArenaTest::placesAreAlignedAndApart()
{
    auto& context = m_gpu->context();
    std::uint64_t total = 0;
    for (std::uint64_t bytes = 1; bytes <= 100; ++bytes)
        total += Arena::placedBytes(context, bytes);
    const auto arena = create(total);
    std::uint64_t end = 0;
    for (std::uint64_t bytes = 1; bytes <= 100; ++bytes) {
        const Tensor tensor = arena->placeBytes(bytes);
        QVERIFY(tensor.offset >= end);
        QCOMPARE(tensor.offset % context.limits().storageBufferAlignment, std::uint64_t{0});
        QCOMPARE(tensor.bytes % 4, std::uint64_t{0});
        QVERIFY(tensor.bytes >= bytes);
        end = tensor.offset + tensor.bytes;
    }
    QVERIFY(end <= arena->size());
}

void ArenaTest::rowsArePadded()
{
    const auto arena = create(std::uint64_t{1} << 16U);
    for (const std::uint32_t columns : {1U, 7U, 8U, 9U, 100U}) {
        const Tensor tensor = arena->place(3, columns);
        QCOMPARE(tensor.rows, 3U);
        QCOMPARE(tensor.columns, columns);
        QCOMPARE(tensor.stride, (columns + 7) / 8 * 8);
        QVERIFY(tensor.bytes >= std::uint64_t{3} * tensor.stride * sizeof(float));
        QCOMPARE(tensor.rowsFrom(1, 2).firstElement, tensor.stride);
    }
}

void ArenaTest::clearingZeroesAll()
{
    const auto arena = create(5000);
    std::memset(arena->mapped().data(), 0x5A, arena->mapped().size());
    QVERIFY(arena->clear());
    for (const std::byte byte : arena->mapped())
        QCOMPARE(byte, std::byte{0});
}

QTEST_GUILESS_MAIN(ArenaTest)
#include "arena_test.moc"
