#include "engine/gpu/uploader.h"

#include <QTest>

#include <algorithm>

#include "engine/gpu/download.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"
#include "tests/support/tiny_session.h"

using engine::ErrorCode;
using engine::gpu::Arena;
using engine::gpu::MemoryUse;
using engine::gpu::Tensor;
using engine::gpu::Uploader;
using tests::must;

Q_DECLARE_METATYPE(engine::gpu::Uploader::Way)

namespace {

// More than the ring has, and not a multiple of it.
constexpr std::size_t kWrites = 2 * Uploader::kPieces + 1;

Uploader::Fill fillWith(std::size_t value)
{
    return [value](std::span<std::byte> target) {
        std::fill(target.begin(), target.end(), static_cast<std::byte>(value));
    };
}

}  // namespace

// What reaches the device, both through memory that is mapped and through the ring.
class UploaderTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void piecesLandWhereTheyBelong_data() { addWays(); }
    void piecesLandWhereTheyBelong();
    void wholePiecesGoAround_data() { addWays(); }
    void wholePiecesGoAround();
    void memoryThatIsNewIsFilled_data() { addWays(); }
    void memoryThatIsNewIsFilled();
    void theLastOfTwoWritesStays_data() { addWays(); }
    void theLastOfTwoWritesStays();
    void theDeviceReadsWhatWasStaged();
    void oneThatIsNotFinishedEndsWithItsCopies();
    void aLostDeviceEndsItCleanly();
    void theRingIsGivenBack();
    void noMemoryForTheRingIsAnError();

private:
    static void addWays();
    std::unique_ptr<Arena> create(std::uint64_t bytes) const;

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void UploaderTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void UploaderTest::cleanup()
{
    if (m_gpu)
        m_gpu->context().faults() = {};
}

void UploaderTest::addWays()
{
    QTest::addColumn<Uploader::Way>("way");
    QTest::newRow("shortest") << Uploader::Way::Shortest;
    QTest::newRow("staged") << Uploader::Way::Staged;
}

// Memory that the host can look into.
std::unique_ptr<Arena> UploaderTest::create(std::uint64_t bytes) const
{
    auto arena = must(Arena::create(m_gpu->context(), bytes, MemoryUse::HostRead));
    must(arena->clear());
    return arena;
}

void UploaderTest::piecesLandWhereTheyBelong()
{
    QFETCH(const Uploader::Way, way);
    const auto uploader = must(Uploader::create(m_gpu->context(), way));
    const auto arena = create(1024);
    const Tensor first = arena->placeBytes(100);
    const Tensor second = arena->placeBytes(100);
    must(uploader->write(second, 40, 8, fillWith(0x7F)));
    must(uploader->write(first, 1, 3, fillWith(0x11)));
    must(uploader->finish());
    for (std::size_t i = 0; i < arena->mapped().size(); ++i) {
        std::byte expected{0};
        if (i >= second.offset + 40 && i < second.offset + 48)
            expected = std::byte{0x7F};
        if (i >= first.offset + 1 && i < first.offset + 4)
            expected = std::byte{0x11};
        QCOMPARE(arena->mapped()[i], expected);
    }
}

void UploaderTest::wholePiecesGoAround()
{
    QFETCH(const Uploader::Way, way);
    const auto uploader = must(Uploader::create(m_gpu->context(), way));
    const auto arena = create((kWrites + 1) * Uploader::kPieceBytes);
    const Tensor tensor = arena->placeBytes(kWrites * Uploader::kPieceBytes);
    for (std::size_t i = 0; i < kWrites; ++i)
        must(uploader->write(tensor, i * Uploader::kPieceBytes, Uploader::kPieceBytes,
                             fillWith(i + 1)));
    must(uploader->finish());
    for (std::size_t i = 0; i < kWrites; ++i) {
        const auto piece = arena->mapped().subspan(tensor.offset + i * Uploader::kPieceBytes,
                                                   Uploader::kPieceBytes);
        QVERIFY(std::count(piece.begin(), piece.end(), static_cast<std::byte>(i + 1)) ==
                static_cast<std::ptrdiff_t>(piece.size()));
    }
}

// Too much for the system to have pages behind it yet, from the middle of one to that of another.
void UploaderTest::memoryThatIsNewIsFilled()
{
    QFETCH(const Uploader::Way, way);
    constexpr std::uint64_t kBytes = 40'000'000;
    constexpr std::uint64_t kPiece = 3'333'333;
    const auto arena = must(Arena::create(m_gpu->context(), kBytes + 4096, MemoryUse::HostRead));
    const Tensor tensor = arena->placeBytes(kBytes);
    const auto uploader = must(Uploader::create(m_gpu->context(), way));
    for (std::uint64_t first = 77; first < kBytes; first += kPiece)
        must(uploader->write(tensor, first, std::min(kPiece, kBytes - first),
                             fillWith(first / kPiece + 1)));
    must(uploader->finish());
    const auto memory = arena->mapped().subspan(tensor.offset, kBytes);
    for (std::uint64_t first = 77; first < kBytes; first += kPiece) {
        const auto piece = memory.subspan(first, std::min(kPiece, kBytes - first));
        QVERIFY(
            std::count(piece.begin(), piece.end(), static_cast<std::byte>(first / kPiece + 1)) ==
            static_cast<std::ptrdiff_t>(piece.size()));
    }
}

void UploaderTest::theLastOfTwoWritesStays()
{
    QFETCH(const Uploader::Way, way);
    const auto uploader = must(Uploader::create(m_gpu->context(), way));
    const auto arena = create(4096);
    const Tensor tensor = arena->placeBytes(1000);
    for (std::size_t i = 0; i < kWrites; ++i)
        must(uploader->write(tensor, 0, 1000 - i, fillWith(i + 1)));
    must(uploader->finish());
    for (std::size_t i = 0; i < 1000; ++i)
        QCOMPARE(arena->mapped()[tensor.offset + i],
                 static_cast<std::byte>(std::min(kWrites, 1000 - i)));
}

void UploaderTest::theDeviceReadsWhatWasStaged()
{
    const auto values = tests::randomVector(40 * 64, /*seed=*/1);
    const auto arena = must(Arena::create(
        m_gpu->context(), Arena::placedBytes(m_gpu->context(), values.size() * sizeof(float)),
        MemoryUse::Device));
    const Tensor tensor = arena->place(40, 64);
    const auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Staged));
    constexpr std::size_t kRowBytes = 64 * sizeof(float);
    for (std::size_t row = 0; row < 40; ++row) {
        const auto bytes = std::as_bytes(std::span(values)).subspan(row * kRowBytes, kRowBytes);
        must(uploader->write(tensor, row * kRowBytes, kRowBytes, [bytes](std::span<std::byte> to) {
            std::copy(bytes.begin(), bytes.end(), to.begin());
        }));
    }
    must(uploader->finish());
    QCOMPARE(must(engine::gpu::download(m_gpu->context(), tensor)), values);
}

// The validation layer would say that something is destroyed while it is used.
void UploaderTest::oneThatIsNotFinishedEndsWithItsCopies()
{
    const auto arena = create(Uploader::kPieces * Uploader::kPieceBytes + 4096);
    const Tensor tensor = arena->placeBytes(Uploader::kPieces * Uploader::kPieceBytes);
    auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Staged));
    for (std::size_t i = 0; i < Uploader::kPieces; ++i)
        must(uploader->write(tensor, i * Uploader::kPieceBytes, Uploader::kPieceBytes,
                             fillWith(i + 1)));
    uploader.reset();
    for (std::size_t i = 0; i < Uploader::kPieces; ++i)
        QCOMPARE(arena->mapped()[tensor.offset + (i + 1) * Uploader::kPieceBytes - 1],
                 static_cast<std::byte>(i + 1));
}

void UploaderTest::aLostDeviceEndsItCleanly()
{
    const auto arena = create(4096);
    const Tensor tensor = arena->placeBytes(1000);
    const auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Staged));
    m_gpu->context().faults().submissionsLeft = Uploader::kPieces + 1;
    for (std::size_t i = 0; i <= Uploader::kPieces; ++i)
        must(uploader->write(tensor, i, 1, fillWith(i + 1)));
    const auto lost = uploader->write(tensor, 500, 1, fillWith(9));
    QVERIFY(!lost);
    QCOMPARE(lost.error().code, ErrorCode::DeviceLost);
    must(uploader->finish());
    for (std::size_t i = 0; i <= Uploader::kPieces; ++i)
        QCOMPARE(arena->mapped()[tensor.offset + i], static_cast<std::byte>(i + 1));
    QCOMPARE(arena->mapped()[tensor.offset + 500], std::byte{0});
}

void UploaderTest::theRingIsGivenBack()
{
    const auto arena = create(4096);
    const Tensor tensor = arena->placeBytes(1000);
    const std::uint64_t before = m_gpu->context().allocatedBytes();
    {
        const auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Shortest));
        must(uploader->write(tensor, 0, 1000, fillWith(1)));
        QCOMPARE(m_gpu->context().stagedBytes(), std::uint64_t{0});
    }
    {
        const auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Staged));
        must(uploader->write(tensor, 0, 1000, fillWith(1)));
        QCOMPARE(m_gpu->context().stagedBytes(), Uploader::kPieces * Uploader::kPieceBytes);
    }
    QCOMPARE(m_gpu->context().stagedBytes(), std::uint64_t{0});
    QCOMPARE(m_gpu->context().allocatedBytes(), before);
}

void UploaderTest::noMemoryForTheRingIsAnError()
{
    const auto arena = create(4096);
    const Tensor tensor = arena->placeBytes(1000);
    const auto uploader = must(Uploader::create(m_gpu->context(), Uploader::Way::Staged));
    m_gpu->context().faults().stagingLimit = 1000;
    const auto refused = uploader->write(tensor, 0, 1000, fillWith(1));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::OutOfMemory);
    m_gpu->context().faults() = {};
    must(uploader->write(tensor, 0, 1000, fillWith(1)));
    must(uploader->finish());
    QCOMPARE(arena->mapped()[tensor.offset + 999], std::byte{1});
}

QTEST_GUILESS_MAIN(UploaderTest)
#include "uploader_test.moc"
