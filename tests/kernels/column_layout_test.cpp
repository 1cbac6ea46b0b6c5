#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "engine/base/half.h"
#include "engine/file/dequantize.h"
#include "engine/kernels/column_blocks.h"
#include "engine/kernels/column_layout.h"
#include "tests/support/random_data.h"

using engine::file::TensorType;
using engine::kernels::ColumnForm;
using engine::kernels::columnLayout;
using engine::kernels::layOutColumns;

namespace {

struct Scale {
    float factor = 0.0F;
    float offset = 0.0F;
};

// Of a row in a block of columns.
Scale scaleAt(const std::byte* block, const ColumnForm& form, std::uint32_t row,
              std::uint32_t column)
{
    if (form.scales == ColumnForm::Scales::Half) {
        std::uint16_t half = 0;
        std::memcpy(&half, block + 2 * std::size_t{row}, sizeof(half));
        return {engine::halfToFloat(half), 0.0F};
    }
    std::array<float, 64> numbers{};  // of 32 rows
    std::memcpy(numbers.data(), block + std::size_t{row} / 32 * sizeof(numbers), sizeof(numbers));
    if (form.scales == ColumnForm::Scales::AndOffset)
        return {numbers.at(row % 32), numbers.at(32 + row % 32)};
    return {numbers.at(column % 32 / 16 * 32 + row % 32), 0.0F};
}

int quantAt(const std::byte* quants, const ColumnForm& form, std::uint32_t row)
{
    if (form.quantBits == 8)
        return static_cast<std::int8_t>(std::to_integer<std::uint8_t>(quants[row]));
    const auto both = std::to_integer<int>(quants[row / 32 * 16 + row % 16]);
    return row % 32 < 16 ? both & 15 : both >> 4;
}

}  // namespace

// Sizes of matrices that lie by columns, and where the parts of a block go. That shaders read what
// was laid out is shown by the tests of sparse networks.
class ColumnLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void matricesAreAsLargeAsStored_data();
    void matricesAreAsLargeAsStored();
    void numbersOfAColumnAreTogether();
    void quantsOfAColumnAreTogether();
    void everyWeightIsWhatItWas_data();
    void everyWeightIsWhatItWas();
    void pieceByPieceIsTheSame();
};

void ColumnLayoutTest::matricesAreAsLargeAsStored_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<qulonglong>("scales");
    QTest::addColumn<qulonglong>("column");
    QTest::addColumn<uint>("chunks");
    const auto add = [](const char* name, TensorType type, unsigned rows, unsigned long long scales,
                        unsigned long long column, unsigned chunks) {
        QTest::addRow("%s, %u", name, rows)
            << static_cast<int>(type) << rows << scales << column << chunks;
    };
    add("F32", TensorType::F32, 2048, 0, 8192, 512);
    add("F32", TensorType::F32, 77, 0, 320, 20);
    add("F16", TensorType::F16, 2048, 0, 4096, 256);
    add("BF16", TensorType::BF16, 9, 0, 32, 2);
    add("Q8_0", TensorType::Q8_0, 2048, 4096, 2048, 64);
    add("Q4_0", TensorType::Q4_0, 2048, 4096, 1024, 64);
    add("Q4_0", TensorType::Q4_0, 33, 128, 32, 2);
    add("Q4_K", TensorType::Q4_K, 2048, 16384, 1024, 64);
    add("Q6_K", TensorType::Q6_K, 2048, 16384, 2048, 64);
}

void ColumnLayoutTest::matricesAreAsLargeAsStored()
{
    QFETCH(const int, type);
    QFETCH(const uint, rows);
    const auto layout = columnLayout(static_cast<TensorType>(type), rows);
    QVERIFY(layout);
    QTEST(static_cast<qulonglong>(layout->scaleBytes), "scales");
    QTEST(static_cast<qulonglong>(layout->columnBytes), "column");
    QTEST(layout->chunks, "chunks");
    QCOMPARE(layout->blockBytes, layout->scaleBytes + 32 * layout->columnBytes);
}

void ColumnLayoutTest::numbersOfAColumnAreTogether()
{
    constexpr std::uint32_t kRows = 5;
    constexpr std::uint32_t kColumns = 40;
    std::vector<float> stored(kRows * kColumns);
    std::iota(stored.begin(), stored.end(), 1.0F);
    const auto layout = columnLayout(TensorType::F32, kRows);
    QVERIFY(layout);
    std::vector<std::byte> blocks(2 * layout->blockBytes, std::byte{0xFF});
    layOutColumns({TensorType::F32, std::as_bytes(std::span(stored)), kColumns * sizeof(float),
                   kRows, kColumns},
                  0, blocks);
    for (std::size_t column = 0; column < 64; ++column) {
        std::array<float, 8> numbers{};
        std::memcpy(numbers.data(), blocks.data() + column * layout->columnBytes, sizeof(numbers));
        for (std::size_t row = 0; row < numbers.size(); ++row)
            QCOMPARE(numbers.at(row),
                     row < kRows && column < kColumns ? stored[row * kColumns + column] : 0.0F);
    }
}

void ColumnLayoutTest::quantsOfAColumnAreTogether()
{
    // Two blocks of 33 rows: scales of all, then for each column byte i has row i and row i + 16.
    constexpr std::uint32_t kRows = 33;
    constexpr std::size_t kBlock = 18;
    std::vector<std::byte> stored(kRows * 2 * kBlock);
    for (std::size_t i = 0; i < stored.size(); ++i)
        stored[i] = static_cast<std::byte>(i * 37 + i / 251);
    const auto layout = columnLayout(TensorType::Q4_0, kRows);
    QVERIFY(layout);
    std::vector<std::byte> blocks(2 * layout->blockBytes, std::byte{0xFF});
    layOutColumns({TensorType::Q4_0, stored, 2 * kBlock, kRows, 64}, 0, blocks);

    const auto quant = [&](std::size_t row, std::size_t column) {
        const std::size_t block = row * 2 * kBlock + column / 32 * kBlock;
        const auto byte = std::to_integer<unsigned>(stored[block + 2 + column % 16]);
        return column % 32 < 16 ? byte & 15U : byte >> 4U;
    };
    for (std::size_t column = 0; column < 64; ++column) {
        const std::byte* block = blocks.data() + column / 32 * layout->blockBytes;
        const std::byte* quants = block + layout->scaleBytes + column % 32 * layout->columnBytes;
        for (std::size_t row = 0; row < 64; ++row) {
            const auto byte = std::to_integer<unsigned>(quants[row / 32 * 16 + row % 16]);
            QCOMPARE(row % 32 < 16 ? byte & 15U : byte >> 4U,
                     row < kRows ? quant(row, column) : 0U);
        }
        for (std::size_t row = 0; row < kRows; ++row)
            QVERIFY(std::memcmp(block + 2 * row,
                                stored.data() + row * 2 * kBlock + column / 32 * kBlock, 2) == 0);
    }
}

void ColumnLayoutTest::everyWeightIsWhatItWas_data()
{
    QTest::addColumn<int>("type");
    for (const TensorType type :
         {TensorType::Q4_0, TensorType::Q4_1, TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0,
          TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K})
        QTest::newRow(std::string(engine::file::typeInfo(type).name).c_str())
            << static_cast<int>(type);
}

// Put together again from what lies on the device.
void ColumnLayoutTest::everyWeightIsWhatItWas()
{
    QFETCH(const int, type);
    const auto stored = static_cast<TensorType>(type);
    constexpr std::uint32_t kRows = 35;
    constexpr std::uint32_t kColumns = 512;
    const auto& info = engine::file::typeInfo(stored);
    const std::size_t rowBytes = kColumns / info.blockElements * info.blockBytes;
    // Bytes below 0x3B, so that no 16-bit float in them is large or not a number.
    std::vector<std::byte> bytes;
    for (const std::uint32_t id : tests::randomIds(kRows * rowBytes, 1, 0x3B))
        bytes.push_back(static_cast<std::byte>(id));
    std::vector<float> expected(std::size_t{kRows} * kColumns);
    engine::file::dequantize(stored, bytes, expected);

    const auto layout = columnLayout(stored, kRows);
    const auto form = engine::kernels::columnForm(stored);
    QVERIFY(layout && form);
    std::vector<std::byte> blocks(kColumns / 32 * layout->blockBytes);
    layOutColumns({stored, bytes, rowBytes, kRows, kColumns}, 0, blocks);
    for (std::uint32_t column = 0; column < kColumns; ++column) {
        const std::byte* block = blocks.data() + column / 32 * layout->blockBytes;
        const std::byte* quants = block + layout->scaleBytes + column % 32 * layout->columnBytes;
        for (std::uint32_t row = 0; row < kRows; ++row) {
            const Scale scale = scaleAt(block, *form, row, column);
            const int quant = quantAt(quants, *form, row) - (stored == TensorType::Q4_0 ? 8 : 0);
            const float wanted = expected[std::size_t{row} * kColumns + column];
            // A product and a difference may be rounded once or twice.
            QVERIFY(std::abs(scale.factor * static_cast<float>(quant) + scale.offset - wanted) <=
                    1e-6F * (std::abs(wanted) + std::abs(scale.offset)));
        }
    }
}

void ColumnLayoutTest::pieceByPieceIsTheSame()
{
    constexpr std::uint32_t kRows = 20;
    constexpr std::uint32_t kColumns = 96;
    for (const TensorType type : {TensorType::F16, TensorType::Q8_0, TensorType::Q4_0}) {
        const auto& info = engine::file::typeInfo(type);
        const std::size_t rowBytes = kColumns / info.blockElements * info.blockBytes;
        std::vector<std::byte> stored(kRows * rowBytes);
        for (std::size_t i = 0; i < stored.size(); ++i)
            stored[i] = static_cast<std::byte>(i * 41);
        const std::uint64_t blockBytes = columnLayout(type, kRows)->blockBytes;
        std::vector<std::byte> whole(3 * blockBytes);
        std::vector<std::byte> pieces(3 * blockBytes);
        layOutColumns({type, stored, rowBytes, kRows, kColumns}, 0, whole);
        layOutColumns({type, stored, rowBytes, kRows, kColumns}, 0,
                      std::span(pieces).first(2 * blockBytes));
        layOutColumns({type, stored, rowBytes, kRows, kColumns}, 2,
                      std::span(pieces).last(blockBytes));
        QVERIFY(whole == pieces);
    }
}

QTEST_GUILESS_MAIN(ColumnLayoutTest)
#include "column_layout_test.moc"
