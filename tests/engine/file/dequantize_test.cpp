#include "engine/file/dequantize.h"

#include <QTest>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "engine/base/half.h"
#include "tests/support/golden_blocks.h"

using engine::file::TensorType;

// Block types against values that ggml's own Python package gives for random blocks.
class DequantizeTest : public QObject {
    Q_OBJECT

private slots:
    void blocksMatchGgml_data();
    void blocksMatchGgml();
    void q8BlocksMatchTheirDefinition();
    void q8KeepsWhatIsNotANumber();
    void q8OfZerosAndTinyValuesIsZero();
    void halvesSurviveTheRoundTrip();
    void halvesRoundToNearestEven();
    void bfloat16RoundsToNearestEven();
};

void DequantizeTest::blocksMatchGgml_data()
{
    QTest::addColumn<int>("type");
    for (int type = static_cast<int>(TensorType::Q4_0);
         type <= static_cast<int>(TensorType::IQ4_XS); ++type) {
        const auto& info = engine::file::typeInfo(static_cast<TensorType>(type));
        QTest::newRow(std::string(info.name).c_str()) << type;
    }
}

void DequantizeTest::blocksMatchGgml()
{
    QFETCH(const int, type);
    const auto tensorType = static_cast<TensorType>(type);
    const std::string name(engine::file::typeInfo(tensorType).name);
    const auto golden = tests::goldenBlocks(TEST_DATA_DIR, name);
    QVERIFY2(golden, name.c_str());

    std::vector<float> values(golden->values.size());
    engine::file::dequantize(tensorType, golden->blocks, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // To the bit, but for the sign of zero, which numpy may lose in adding.
        if (!(values[i] == golden->values[i]))
            QFAIL(qPrintable(QString("value %1: %2, not %3")
                                 .arg(i)
                                 .arg(static_cast<double>(values[i]), 0, 'g', 9)
                                 .arg(static_cast<double>(golden->values[i]), 0, 'g', 9)));
    }
}

void DequantizeTest::q8BlocksMatchTheirDefinition()
{
    std::vector<float> x(64);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = std::sin(static_cast<float>(i) * 1.7F) * (i < 32 ? 3.0F : 0.01F);
    std::vector<std::byte> blocks(68);
    std::vector<float> decoded(64);
    engine::file::quantizeQ8_0(x, blocks);
    engine::file::dequantize(TensorType::Q8_0, blocks, decoded);

    for (std::size_t block = 0; block < 2; ++block) {
        float largest = 0.0F;
        for (std::size_t l = 0; l < 32; ++l)
            largest = std::max(largest, std::abs(x[32 * block + l]));
        // Half a step, and what rounding the scale to a half moves 127 steps by.
        const float tolerance = largest / 127.0F * (0.5F + 127.0F * 0x1p-11F);
        for (std::size_t l = 0; l < 32; ++l)
            QVERIFY(std::abs(decoded[32 * block + l] - x[32 * block + l]) <= tolerance);
    }
}

void DequantizeTest::q8KeepsWhatIsNotANumber()
{
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        std::vector<float> x(32, 1.0F);
        x[17] = bad;
        std::vector<std::byte> blocks(34);
        std::vector<float> decoded(32);
        engine::file::quantizeQ8_0(x, blocks);
        engine::file::dequantize(TensorType::Q8_0, blocks, decoded);
        QVERIFY(std::isnan(decoded[17]));
    }
}

void DequantizeTest::q8OfZerosAndTinyValuesIsZero()
{
    for (const float tiny : {0.0F, std::numeric_limits<float>::denorm_min(), 1e-39F}) {
        const std::vector<float> x(32, tiny);
        std::vector<std::byte> blocks(34, std::byte{0xFF});
        std::vector<float> decoded(32, 1.0F);
        engine::file::quantizeQ8_0(x, blocks);
        engine::file::dequantize(TensorType::Q8_0, blocks, decoded);
        for (const float value : decoded)
            QCOMPARE(value, 0.0F);
    }
}

void DequantizeTest::halvesSurviveTheRoundTrip()
{
    for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float value = engine::halfToFloat(half);
        if (std::isnan(value))
            QVERIFY((half & 0x7C00) == 0x7C00 && (half & 0x3FF) != 0);
        else
            QCOMPARE(engine::floatToHalf(value), half);
    }
    QCOMPARE(engine::halfToFloat(0x3C00), 1.0F);
    QCOMPARE(engine::halfToFloat(0xC000), -2.0F);
    QCOMPARE(engine::halfToFloat(0x7BFF), 65504.0F);
    QCOMPARE(engine::halfToFloat(0x0001), 0x1p-24F);
    QVERIFY(std::isinf(engine::halfToFloat(0x7C00)));
}

void DequantizeTest::halvesRoundToNearestEven()
{
    QCOMPARE(engine::floatToHalf(1.0F + 0x1p-11F), std::uint16_t{0x3C00});
    QCOMPARE(engine::floatToHalf(1.0F + 0x3p-11F), std::uint16_t{0x3C02});
    QCOMPARE(engine::floatToHalf(0x1p-25F), std::uint16_t{0x0000});
    QCOMPARE(engine::floatToHalf(0x3p-25F), std::uint16_t{0x0002});
    QCOMPARE(engine::floatToHalf(65519.0F), std::uint16_t{0x7BFF});
    QCOMPARE(engine::floatToHalf(65520.0F), std::uint16_t{0x7C00});
    QCOMPARE(engine::floatToHalf(-1e9F), std::uint16_t{0xFC00});
    QVERIFY(std::isnan(
        engine::halfToFloat(engine::floatToHalf(std::numeric_limits<float>::quiet_NaN()))));
}

void DequantizeTest::bfloat16RoundsToNearestEven()
{
    QCOMPARE(engine::floatToBfloat16(1.0F), std::uint16_t{0x3F80});
    QCOMPARE(engine::floatToBfloat16(1.0F + 0x1p-8F), std::uint16_t{0x3F80});
    QCOMPARE(engine::floatToBfloat16(1.0F + 0x3p-8F), std::uint16_t{0x3F82});
    QCOMPARE(engine::bfloat16ToFloat(0xC040), -3.0F);
    QVERIFY(std::isnan(
        engine::bfloat16ToFloat(engine::floatToBfloat16(std::bit_cast<float>(0x7F800001U)))));
}

QTEST_GUILESS_MAIN(DequantizeTest)
#include "dequantize_test.moc"
