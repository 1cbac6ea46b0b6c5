#include <QTest>

#include <algorithm>
#include <cstring>

#include "engine/base/half.h"
#include "engine/file/dequantize.h"
#include "engine/kernels/linear_tile.h"
#include "tests/reference/linear.h"
#include "tests/support/comparison.h"
#include "tests/support/golden_blocks.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::file::TensorType;
using engine::kernels::Matrix;
using engine::kernels::Pass;

namespace {

struct StoredType {
    TensorType type;
    const char* name;
};

constexpr StoredType kStoredTypes[] = {
    {TensorType::F32, "F32"},   {TensorType::F16, "F16"},   {TensorType::BF16, "BF16"},
    {TensorType::Q8_0, "Q8_0"}, {TensorType::Q4_0, "Q4_0"}, {TensorType::Q4_1, "Q4_1"},
    {TensorType::Q5_0, "Q5_0"}, {TensorType::Q5_1, "Q5_1"}, {TensorType::Q4_K, "Q4_K"},
    {TensorType::Q5_K, "Q5_K"}, {TensorType::Q6_K, "Q6_K"},
};

template <typename T>
std::vector<std::byte> bytesOf(const std::vector<T>& values)
{
    const auto bytes = std::as_bytes(std::span(values));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> floatRows(TensorType type, std::size_t size)
{
    const auto values = tests::randomVector(size, 9);
    if (type == TensorType::F32)
        return bytesOf(values);
    std::vector<std::uint16_t> halves(size);
    std::transform(values.begin(), values.end(), halves.begin(),
                   type == TensorType::F16 ? engine::floatToHalf : engine::floatToBfloat16);
    return bytesOf(halves);
}

// Rows of the published quantisers' blocks, repeated as often as needed, each row beginning at
// another block so that no two are alike.
std::vector<std::byte> storedRows(TensorType type, std::uint32_t rows, std::uint32_t columns)
{
    const auto& info = engine::file::typeInfo(type);
    if (info.blockElements == 1)
        return floatRows(type, std::size_t{rows} * columns);
    const std::size_t blocksPerRow = columns / info.blockElements;
    const auto golden = tests::goldenBlocks(TEST_DATA_DIR, std::string(info.name));
    if (!golden)
        return {};
    const std::size_t goldenCount = golden->blocks.size() / info.blockBytes;
    std::vector<std::byte> bytes(rows * blocksPerRow * info.blockBytes);
    for (std::size_t i = 0; i < rows * blocksPerRow; ++i) {
        const std::size_t from = (i * 7 + i / blocksPerRow) % goldenCount;
        std::memcpy(bytes.data() + i * info.blockBytes,
                    golden->blocks.data() + from * info.blockBytes, info.blockBytes);
    }
    return bytes;
}

std::vector<float> decoded(TensorType type, std::span<const std::byte> bytes)
{
    const auto& info = engine::file::typeInfo(type);
    std::vector<float> values(bytes.size() / info.blockBytes * info.blockElements);
    engine::file::dequantize(type, bytes, values);
    return values;
}

}  // namespace

// Matrix products and embedding rows for every type that shaders read as it is stored, against
// plain loops over the decoded weights: only the order of sums differs.
class LinearTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void linearMatchesReference_data();
    void linearMatchesReference();
    void linearTakesOddFloatWidths_data();
    void linearTakesOddFloatWidths();
    void chunksNeedNotBeEven_data();
    void chunksNeedNotBeEven();
    void tilesMatchReference_data();
    void tilesMatchReference();
    void manyTokensAreDoneInTiles_data();
    void manyTokensAreDoneInTiles();
    void linearTakesTheUpperLeftOfAMatrix();
    void linearSplitsRowsOverWindows();
    void embedMatchesReference_data();
    void embedMatchesReference();
    void shadersDecodeGoldenBlocks_data();
    void shadersDecodeGoldenBlocks();

private:
    std::unique_ptr<tests::GpuTest> m_gpu;
};

void LinearTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void LinearTest::linearMatchesReference_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("columns");
    QTest::addColumn<uint>("tokens");
    for (const StoredType& stored : kStoredTypes) {
        const int type = static_cast<int>(stored.type);
        const QByteArray name = stored.name;
        QTest::newRow(name + ", one output") << type << 1U << 256U << 1U;
        QTest::newRow(name + ", a tile and one") << type << 9U << 512U << 1U;
        QTest::newRow(name + ", prefill, tile minus one") << type << 7U << 512U << 3U;
        QTest::newRow(name + ", prefill, tile plus one") << type << 33U << 256U << 5U;
        QTest::newRow(name + ", a decoder row") << type << 64U << 2048U << 1U;
    }
}

void LinearTest::linearMatchesReference()
{
    QFETCH(const int, type);
    QFETCH(const uint, rows);
    QFETCH(const uint, columns);
    QFETCH(const uint, tokens);
    const auto stored = static_cast<TensorType>(type);
    const auto bytes = storedRows(stored, rows, columns);
    QVERIFY(!bytes.empty());
    const auto x = tests::randomVector(std::size_t{tokens} * columns, 1);

    const Matrix matrix = m_gpu->matrix(stored, bytes, rows, columns);
    const auto input = m_gpu->upload(x, tokens, columns);
    const auto output = m_gpu->allocate(tokens, rows);
    m_gpu->run([&](Pass& pass) { engine::kernels::linear(pass, matrix, input, output); });

    // At most 2048 terms in fp32 against a sum in double.
    const auto expected = reference::linear(decoded(stored, bytes), x, columns);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-5);
}

void LinearTest::linearTakesOddFloatWidths_data()
{
    QTest::addColumn<uint>("columns");
    for (const uint columns : {1U, 3U, 10U, 24U, 96U, 1000U})
        QTest::addRow("%u columns", columns) << columns;
}

// Widths of Gemma 3n's small parts need not be multiples of anything.
void LinearTest::linearTakesOddFloatWidths()
{
    QFETCH(const uint, columns);
    const std::uint32_t rows = 5;
    const auto weights = tests::randomVector(std::size_t{rows} * columns, 2);
    const auto x = tests::randomVector(std::size_t{2} * columns, 3);
    const auto expected = reference::linear(weights, x, columns);

    const auto bytes = std::as_bytes(std::span(weights));
    const Matrix matrix = m_gpu->matrix(TensorType::F32, bytes, rows, columns);
    const auto input = m_gpu->upload(x, 2, columns);
    const auto output = m_gpu->allocate(2, rows);
    m_gpu->run([&](Pass& pass) { engine::kernels::linear(pass, matrix, input, output); });
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-5);

    std::vector<std::uint16_t> brain(weights.size());
    std::vector<float> rounded(weights.size());
    std::transform(weights.begin(), weights.end(), brain.begin(), engine::floatToBfloat16);
    std::transform(brain.begin(), brain.end(), rounded.begin(), engine::bfloat16ToFloat);
    const Matrix brainMatrix = m_gpu->matrix(TensorType::BF16, bytesOf(brain), rows, columns);
    m_gpu->run([&](Pass& pass) { engine::kernels::linear(pass, brainMatrix, input, output); });
    QVERIFY(tests::relativeError(m_gpu->download(output), reference::linear(rounded, x, columns)) <
            1e-5);
}

void LinearTest::chunksNeedNotBeEven_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<bool>("isForGpus");
    for (const StoredType& stored : kStoredTypes) {
        if (engine::file::typeInfo(stored.type).blockElements != 32)
            continue;
        for (const bool isForGpus : {false, true})
            QTest::newRow(stored.name + QByteArray(isForGpus ? ", for GPUs" : ", for CPU drivers"))
                << static_cast<int>(stored.type) << isForGpus;
    }
}

// Shaders read two chunks of 32 at a time: of three the last is alone, and so it is in a slice.
void LinearTest::chunksNeedNotBeEven()
{
    QFETCH(const int, type);
    QFETCH(const bool, isForGpus);
    constexpr std::uint32_t kRows = 19;
    constexpr std::uint32_t kColumns = 96;
    const auto gpu = tests::GpuTest::create();
    if (isForGpus)
        gpu->context().useGpuKernels();
    const auto stored = static_cast<TensorType>(type);
    const auto bytes = storedRows(stored, kRows, kColumns);
    const auto all = decoded(stored, bytes);
    const Matrix matrix = gpu->matrix(stored, bytes, kRows, kColumns);

    for (const std::uint32_t tokens : {1U, 9U}) {
        const auto x = tests::randomVector(std::size_t{tokens} * kColumns, 6);
        const auto input = gpu->upload(x, tokens, kColumns);
        const auto output = gpu->allocate(tokens, kRows);
        for (const std::uint32_t columns : {96U, 64U, 32U}) {
            std::vector<float> used;
            std::vector<float> slice;
            for (std::uint32_t row = 0; row < tokens; ++row)
                used.insert(used.end(), x.begin() + row * kColumns,
                            x.begin() + row * kColumns + columns);
            for (std::uint32_t row = 0; row < kRows; ++row)
                slice.insert(slice.end(), all.begin() + row * kColumns,
                             all.begin() + row * kColumns + columns);
            const auto expected = reference::linear(slice, used, columns);
            gpu->run([&](Pass& pass) {
                engine::kernels::linear(pass, matrix, input.firstColumns(columns), output);
            });
            QVERIFY(tests::relativeError(gpu->download(output), expected) < 1e-5);
            if (!isForGpus)
                continue;
            gpu->run([&](Pass& pass) {
                engine::kernels::linearTiled(pass, matrix, input.firstColumns(columns), output,
                                             {32, 32, 2, 4});
            });
            QVERIFY(tests::relativeError(gpu->download(output), expected) < 1e-5);
        }
    }
}

void LinearTest::tilesMatchReference_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("columns");
    QTest::addColumn<uint>("tokens");
    for (const StoredType& stored : kStoredTypes)
        QTest::newRow(stored.name) << static_cast<int>(stored.type) << 35U << 512U << 34U;
    const int single = static_cast<int>(TensorType::F32);
    QTest::newRow("one element") << single << 1U << 1U << 1U;
    QTest::newRow("a step and one") << single << 5U << 33U << 3U;
    QTest::newRow("a step minus one") << single << 5U << 31U << 3U;
    QTest::newRow("a tile minus one") << single << 31U << 64U << 31U;
    QTest::newRow("a tile") << single << 32U << 64U << 32U;
    QTest::newRow("a tile and one") << single << 33U << 64U << 33U;
    QTest::newRow("an odd width") << static_cast<int>(TensorType::BF16) << 9U << 85U << 9U;
}

// Windows of 24 rows, which end in the middle of a tile.
void LinearTest::tilesMatchReference()
{
    QFETCH(const int, type);
    QFETCH(const uint, rows);
    QFETCH(const uint, columns);
    QFETCH(const uint, tokens);
    const auto stored = static_cast<TensorType>(type);
    const auto bytes = storedRows(stored, rows, columns);
    const auto x = tests::randomVector(std::size_t{tokens} * columns, 1);

    const Matrix matrix = m_gpu->matrix(stored, bytes, rows, columns, 24);
    const auto input = m_gpu->upload(x, tokens, columns);
    const auto output = m_gpu->allocate(tokens, rows);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::linearTiled(pass, matrix, input, output, {32, 32, 2, 4});
    });
    const auto expected = reference::linear(decoded(stored, bytes), x, columns);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-5);
}

// linear() with as many outputs and tokens as it gives each of its tiles.
void LinearTest::manyTokensAreDoneInTiles_data()
{
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("tokens");
    QTest::newRow("the fewest") << 16384U << 2U;
    QTest::newRow("a few") << 4097U << 8U;
    QTest::newRow("some") << 2049U << 16U;
    QTest::newRow("more") << 1985U << 17U;
    QTest::newRow("many of both") << 2047U << 500U;
}

void LinearTest::manyTokensAreDoneInTiles()
{
    QFETCH(const uint, rows);
    QFETCH(const uint, tokens);
    constexpr std::uint32_t kColumns = 32;
    QVERIFY(engine::kernels::sharedTileFor(rows, tokens));
    QVERIFY(!engine::kernels::sharedTileFor(rows, 1));
    const auto bytes = storedRows(TensorType::Q4_0, rows, kColumns);
    const auto x = tests::randomVector(std::size_t{tokens} * kColumns, 1);
    const auto gpu = tests::GpuTest::create();
    gpu->context().useGpuKernels();
    const Matrix matrix = gpu->matrix(TensorType::Q4_0, bytes, rows, kColumns);
    const auto input = gpu->upload(x, tokens, kColumns);
    const auto output = gpu->allocate(tokens, rows);
    gpu->run([&](Pass& pass) { engine::kernels::linear(pass, matrix, input, output); });
    const auto expected = reference::linear(decoded(TensorType::Q4_0, bytes), x, kColumns);
    QVERIFY(tests::relativeError(gpu->download(output), expected) < 1e-5);
}

// A MatFormer slice: fewer outputs, and a shorter inner length over the full row stride.
void LinearTest::linearTakesTheUpperLeftOfAMatrix()
{
    const auto bytes = storedRows(TensorType::Q4_K, 12, 1024);
    const auto all = decoded(TensorType::Q4_K, bytes);
    const auto x = tests::randomVector(1024, 4);
    std::vector<float> slice;
    for (std::size_t row = 0; row < 6; ++row)
        slice.insert(slice.end(), all.begin() + static_cast<std::ptrdiff_t>(row * 1024),
                     all.begin() + static_cast<std::ptrdiff_t>(row * 1024 + 512));

    const Matrix matrix = m_gpu->matrix(TensorType::Q4_K, bytes, 12, 1024);
    const auto input = m_gpu->upload(x, 1, 1024).firstColumns(512);
    const auto output = m_gpu->allocate(1, 12);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::linear(pass, matrix, input, output.firstColumns(6)); });
    const auto expected = reference::linear(slice, std::span(x).first(512), 512);
    const auto actual = m_gpu->download(output);
    QVERIFY(tests::relativeError(std::span(actual).first(6), expected) < 1e-5);
    QCOMPARE(actual[6], 0.0F);
}

// Tables larger than what a device can bind lie in windows; outputs do not notice.
void LinearTest::linearSplitsRowsOverWindows()
{
    const auto bytes = storedRows(TensorType::Q6_K, 29, 256);
    const auto x = tests::randomVector(256, 5);
    const auto input = m_gpu->upload(x, 1, 256);
    const auto output = m_gpu->allocate(1, 29);
    const Matrix windowed = m_gpu->matrix(TensorType::Q6_K, bytes, 29, 256, 8);
    QCOMPARE(windowed.windows.size(), std::size_t{4});
    m_gpu->run([&](Pass& pass) { engine::kernels::linear(pass, windowed, input, output); });
    const auto expected = reference::linear(decoded(TensorType::Q6_K, bytes), x, 256);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-5);
}

void LinearTest::embedMatchesReference_data()
{
    QTest::addColumn<int>("type");
    for (const StoredType& stored : kStoredTypes)
        QTest::newRow(stored.name) << static_cast<int>(stored.type);
}

void LinearTest::embedMatchesReference()
{
    QFETCH(const int, type);
    const auto stored = static_cast<TensorType>(type);
    const std::uint32_t rows = 21;
    const std::uint32_t columns = 256;
    const auto bytes = storedRows(stored, rows, columns);
    const std::vector<std::uint32_t> ids{20, 0, 7, 8, 8};

    const auto idTensor = m_gpu->uploadBytes(std::as_bytes(std::span(ids)));
    const auto output = m_gpu->allocate(5, columns);
    const Matrix table = m_gpu->matrix(stored, bytes, rows, columns, 8);
    m_gpu->run([&](Pass& pass) { engine::kernels::embed(pass, table, idTensor, 16.0F, output); });
    const auto expected = reference::embed(decoded(stored, bytes), ids, columns, 16.0);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-6);
}

void LinearTest::shadersDecodeGoldenBlocks_data()
{
    QTest::addColumn<int>("type");
    for (const StoredType& stored : kStoredTypes) {
        if (engine::file::typeInfo(stored.type).blockElements > 1)
            QTest::newRow(stored.name) << static_cast<int>(stored.type);
    }
}

// The blocks of the published quantisers, each as a row of its own, decoded by the device.
void LinearTest::shadersDecodeGoldenBlocks()
{
    QFETCH(const int, type);
    const auto stored = static_cast<TensorType>(type);
    const auto& info = engine::file::typeInfo(stored);
    const auto golden = tests::goldenBlocks(TEST_DATA_DIR, std::string(info.name));
    QVERIFY(golden);
    const std::uint32_t columns = info.blockElements;
    const auto rows = static_cast<std::uint32_t>(golden->values.size() / columns);
    std::vector<std::uint32_t> ids(rows);
    for (std::uint32_t i = 0; i < rows; ++i)
        ids[i] = i;

    const auto idTensor = m_gpu->uploadBytes(std::as_bytes(std::span(ids)));
    const auto output = m_gpu->allocate(rows, columns);
    const Matrix table = m_gpu->matrix(stored, golden->blocks, rows, columns);
    m_gpu->run([&](Pass& pass) { engine::kernels::embed(pass, table, idTensor, 1.0F, output); });
    // The device may fuse the multiplication and the addition of a minimum.
    QVERIFY(tests::relativeError(m_gpu->download(output), golden->values) < 1e-6);
}

QTEST_GUILESS_MAIN(LinearTest)
#include "linear_test.moc"
