#include <QTest>

#include "engine/kernels/norm.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::kernels::Pass;

// The norm kernels against the plain loops of tests/reference.
class NormTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void rmsNormMatchesReference_data();
    void rmsNormMatchesReference();
    void addRmsNormAddsTheResidual();
    void aRowOfZerosStaysZero();

private:
    std::unique_ptr<tests::GpuTest> m_gpu;
};

void NormTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void NormTest::rmsNormMatchesReference_data()
{
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("width");
    QTest::newRow("one element") << 1U << 1U;
    QTest::newRow("narrower than a workgroup") << 3U << 7U;
    QTest::newRow("odd") << 2U << 77U;
    QTest::newRow("a decoder row") << 1U << 2048U;
    QTest::newRow("a prefill chunk") << 33U << 640U;
}

void NormTest::rmsNormMatchesReference()
{
    QFETCH(const uint, rows);
    QFETCH(const uint, width);
    const auto x = tests::randomVector(std::size_t{rows} * width, 1, 30.0F);
    const auto weight = tests::randomVector(width, 2);

    const auto input = m_gpu->upload(x, rows, width);
    const auto weightTensor = m_gpu->upload(weight, 1, width);
    const auto output = m_gpu->allocate(rows, width);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::rmsNorm(pass, input, weightTensor, 1e-6F, output); });
    // The kernel sums at most 2048 terms in fp32, the reference in double.
    QVERIFY(tests::relativeError(m_gpu->download(output), reference::rmsNorm(x, weight, 1e-6F)) <
            1e-6);
}

void NormTest::addRmsNormAddsTheResidual()
{
    const auto x = tests::randomVector(std::size_t{5} * 100, 3);
    const auto weight = tests::randomVector(100, 4);
    const auto residual = tests::randomVector(std::size_t{5} * 100, 5);
    auto expected = reference::rmsNorm(x, weight, 1e-6F);
    for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] += residual[i];

    const auto input = m_gpu->upload(x, 5, 100);
    const auto weightTensor = m_gpu->upload(weight, 1, 100);
    const auto sum = m_gpu->upload(residual, 5, 100);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::addRmsNorm(pass, input, weightTensor, sum, 1e-6F, sum);
    });
    QVERIFY(tests::relativeError(m_gpu->download(sum), expected) < 1e-6);
}

void NormTest::aRowOfZerosStaysZero()
{
    const auto zeros = m_gpu->allocate(1, 64);
    const auto weight = m_gpu->upload(std::vector<float>(64, 1.0F), 1, 64);
    const auto output = m_gpu->upload(std::vector<float>(64, 1.0F), 1, 64);
    m_gpu->run([&](Pass& pass) { engine::kernels::rmsNorm(pass, zeros, weight, 1e-6F, output); });
    QCOMPARE(m_gpu->download(output), std::vector<float>(64, 0.0F));
}

QTEST_GUILESS_MAIN(NormTest)
#include "norm_test.moc"
