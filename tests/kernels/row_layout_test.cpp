#include <QTest>

#include <array>
#include <cstring>

#include "engine/kernels/row_layout.h"

using engine::file::TensorType;
using engine::kernels::layOutRow;
using engine::kernels::rowLayout;

// Sizes of rows on a device, and where the parts of a block go. That shaders read what was laid out
// is shown by the tests of matrix products.
class RowLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void rowsAreAsLargeAsStored_data();
    void rowsAreAsLargeAsStored();
    void quantsAreTogetherAndThenScales();
    void whatIsBehindTheLastNumberIsZero();
};

void RowLayoutTest::rowsAreAsLargeAsStored_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("columns");
    QTest::addColumn<qulonglong>("bytes");
    QTest::addColumn<uint>("chunks");
    const auto row = [](const char* name, TensorType type, unsigned columns,
                        unsigned long long bytes, unsigned chunks) {
        QTest::addRow("%s, %u", name, columns)
            << static_cast<int>(type) << columns << bytes << chunks;
    };
    row("F32", TensorType::F32, 2048, 8192, 0);
    row("F32", TensorType::F32, 3, 16, 0);
    row("F16", TensorType::F16, 10, 32, 0);
    // Nothing is added to rows of Gemma 3n's widths.
    row("Q8_0", TensorType::Q8_0, 2048, 2176, 64);
    row("Q4_0", TensorType::Q4_0, 2048, 1152, 64);
    row("Q4_0", TensorType::Q4_0, 16384, 9216, 512);
    row("Q4_1", TensorType::Q4_1, 2048, 1280, 64);
    row("Q5_0", TensorType::Q5_0, 2048, 1408, 64);
    row("Q5_1", TensorType::Q5_1, 2048, 1536, 64);
    row("Q4_K", TensorType::Q4_K, 2048, 1152, 64);
    row("Q5_K", TensorType::Q5_K, 2048, 1408, 64);
    row("Q6_K", TensorType::Q6_K, 2048, 1680, 64);
    row("Q6_K", TensorType::Q6_K, 256, 224, 8);
    // A chunk of zeros makes pairs.
    row("Q4_0", TensorType::Q4_0, 96, 80, 4);
    row("Q8_0", TensorType::Q8_0, 32, 80, 2);
}

void RowLayoutTest::rowsAreAsLargeAsStored()
{
    QFETCH(const int, type);
    QFETCH(const uint, columns);
    QTEST(static_cast<qulonglong>(rowLayout(static_cast<TensorType>(type), columns).bytes),
          "bytes");
    QTEST(rowLayout(static_cast<TensorType>(type), columns).chunks, "chunks");
}

void RowLayoutTest::quantsAreTogetherAndThenScales()
{
    // Three blocks of Q4_0: a scale of two bytes, then sixteen of quants.
    std::array<std::byte, 54> stored{};
    for (std::size_t i = 0; i < stored.size(); ++i)
        stored[i] = static_cast<std::byte>(i + 1);
    std::array<std::byte, 80> row{};
    layOutRow(TensorType::Q4_0, stored, row);
    for (std::size_t block = 0; block < 3; ++block) {
        QVERIFY(std::memcmp(row.data() + 16 * block, stored.data() + 18 * block + 2, 16) == 0);
        QVERIFY(std::memcmp(row.data() + 64 + 2 * block, stored.data() + 18 * block, 2) == 0);
    }
}

void RowLayoutTest::whatIsBehindTheLastNumberIsZero()
{
    std::array<std::byte, 34> stored{};
    stored.fill(std::byte{0xAB});
    std::array<std::byte, 80> row{};
    row.fill(std::byte{0xFF});
    layOutRow(TensorType::Q8_0, stored, row);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const bool isStored = i < 32 || (i >= 64 && i < 66);
        QCOMPARE(row[i], isStored ? std::byte{0xAB} : std::byte{0});
    }
}

QTEST_GUILESS_MAIN(RowLayoutTest)
#include "row_layout_test.moc"
