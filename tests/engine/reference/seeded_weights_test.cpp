#include <QTest>

#include <array>

#include "tests/support/comparison.h"
#include "tests/support/seeded_weights.h"

// The weights that follow from their names, against the check values of
// tests/data/golden/README.md.
class SeededWeightsTest : public QObject {
    Q_OBJECT

private slots:
    void hashIsThePublishedOne();
    void firstValuesAreThePublishedOnes();
    void bf16RoundsToNearestEven();
};

void SeededWeightsTest::hashIsThePublishedOne()
{
    QCOMPARE(tests::fnv1a64("check/weights"), std::uint64_t{0x8758D029447C4AD1});
}

void SeededWeightsTest::firstValuesAreThePublishedOnes()
{
    const std::array expected{1.0357370F, 1.1773992F, 1.4083231F,
                              1.0165457F, 1.2812371F, 0.7178811F};
    const auto actual = tests::seededWeights("check", "weights", expected.size(), 0.5F, 1.0F);

    // Printed to seven decimals: one step of float32 around 1 is 1.2e-7.
    QVERIFY(tests::largestError(actual, expected) < 1.5e-7);
}

void SeededWeightsTest::bf16RoundsToNearestEven()
{
    QCOMPARE(tests::toBf16(1.0F), std::uint16_t{0x3F80});
    QCOMPARE(tests::toBf16(1.0F + 0x1p-8F), std::uint16_t{0x3F80});             // a tie, down
    QCOMPARE(tests::toBf16(1.0F + 3 * 0x1p-8F), std::uint16_t{0x3F82});         // a tie, up
    QCOMPARE(tests::toBf16(1.0F + 0x1p-8F + 0x1p-20F), std::uint16_t{0x3F81});  // above a tie
    QCOMPARE(tests::toBf16(-2.0F), std::uint16_t{0xC000});
}

QTEST_GUILESS_MAIN(SeededWeightsTest)
#include "seeded_weights_test.moc"
