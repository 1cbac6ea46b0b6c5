#include <QTest>

#include <cmath>

#include "engine/kernels/matformer.h"
#include "tests/reference/matformer.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::kernels::Pass;
using engine::kernels::Streams;

// What only Gemma 3n has, against the plain loops of tests/reference.
class MatformerTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void denseGateMatchesReference();
    void sparseGateMatchesReference_data();
    void sparseGateMatchesReference();
    void altupMatchesReference_data();
    void altupMatchesReference();
    void magnitudesAreMatched();
    void streamsAreMerged();
    void laurelMeetsTheResidual();
    void perLayerInputsMatchReference();
    void perLayerInputsGoToAllStreamsButTheFirst();

private:
    // Streams of [inputs × rows × hidden] with room for two rows more.
    Streams streams(std::span<const float> values, std::uint32_t inputs, std::uint32_t rows,
                    std::uint32_t hidden);
    std::vector<float> download(const Streams& streams) const;

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void MatformerTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

Streams MatformerTest::streams(std::span<const float> values, std::uint32_t inputs,
                               std::uint32_t rows, std::uint32_t hidden)
{
    const std::uint32_t capacity = rows + 2;
    Streams result;
    result.data = m_gpu->allocate(inputs * capacity, hidden);
    result.inputs = inputs;
    result.stride = capacity * result.data.stride;
    const auto target = m_gpu->view<float>(result.data);
    for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t c = 0; c < hidden; ++c)
                target[i * result.stride + row * result.data.stride + c] =
                    values[(i * rows + row) * hidden + c];
    result.data.rows = rows;
    return result;
}

std::vector<float> MatformerTest::download(const Streams& streams) const
{
    std::vector<float> all;
    for (std::uint32_t i = 0; i < streams.inputs; ++i) {
        const auto one = m_gpu->download(streams.stream(i));
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

void MatformerTest::denseGateMatchesReference()
{
    const auto gate = tests::randomVector(std::size_t{3} * 1000, 1, 40.0F);
    const auto up = tests::randomVector(std::size_t{3} * 1000, 2);
    const auto output = m_gpu->allocate(3, 1000);
    const auto gateTensor = m_gpu->upload(gate, 3, 1000);
    const auto upTensor = m_gpu->upload(up, 3, 1000);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::gatedGelu(pass, gateTensor, upTensor, 0.0F, output); });
    QVERIFY(tests::relativeError(m_gpu->download(output), reference::gatedGelu(gate, up)) < 1e-6);
}

void MatformerTest::sparseGateMatchesReference_data()
{
    QTest::addColumn<uint>("width");
    for (const uint width : {1U, 24U, 1000U, 8192U})
        QTest::addRow("%u wide", width) << width;
}

void MatformerTest::sparseGateMatchesReference()
{
    QFETCH(const uint, width);
    const auto gate = tests::randomVector(std::size_t{2} * width, 3, 5.0F);
    const auto up = tests::randomVector(std::size_t{2} * width, 4);
    const auto output = m_gpu->allocate(2, width);
    const auto gateTensor = m_gpu->upload(gate, 2, width);
    const auto upTensor = m_gpu->upload(up, 2, width);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::gatedGelu(pass, gateTensor, upTensor, 1.2F, output); });
    const auto expected = reference::gatedGelu(reference::gaussianTopk(gate, width, 1.2F), up);
    // Values near the cutoff lose digits in the subtraction; they are small beside the largest.
    QVERIFY(tests::largestError(m_gpu->download(output), expected) < 1e-5);
    if (width > 1)
        QVERIFY(tests::largestValue(expected) > 0.1);
}

void MatformerTest::altupMatchesReference_data()
{
    QTest::addColumn<uint>("inputs");
    QTest::addColumn<uint>("active");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("hidden");
    QTest::newRow("published") << 4U << 0U << 1U << 2048U;
    QTest::newRow("a chunk") << 4U << 0U << 9U << 96U;
    QTest::newRow("another active stream") << 3U << 2U << 2U << 50U;
    QTest::newRow("eight streams") << 8U << 0U << 1U << 64U;
}

void MatformerTest::altupMatchesReference()
{
    QFETCH(const uint, inputs);
    QFETCH(const uint, active);
    QFETCH(const uint, rows);
    QFETCH(const uint, hidden);
    const reference::AltupShape shape{inputs, active, hidden};
    const std::size_t streamSize = std::size_t{rows} * hidden;
    const auto x = tests::randomVector(inputs * streamSize, 1);
    const auto activated = tests::randomVector(streamSize, 2);
    const auto routerNorm = tests::randomVector(hidden, 3);
    const auto router = tests::randomVector(std::size_t{inputs} * hidden, 4, 30.0F);
    const auto predictCoefs = tests::randomVector(std::size_t{inputs} * inputs * inputs, 5);
    const auto correctCoefs = tests::randomVector(std::size_t{inputs} * inputs, 6);
    const auto scale = tests::randomVector(hidden, 7);

    const Streams streamsIn = streams(x, inputs, rows, hidden);
    const Streams predictions = streams(std::vector<float>(x.size()), inputs, rows, hidden);
    const Streams corrected = streams(std::vector<float>(x.size()), inputs, rows, hidden);
    const auto scaled = m_gpu->allocate(rows, hidden);
    // The router is dense, without padding between its rows.
    const engine::kernels::AltupRouter routerTensors{
        m_gpu->upload(routerNorm, 1, hidden), m_gpu->uploadBytes(std::as_bytes(std::span(router)))};
    const auto predictTensor = m_gpu->uploadBytes(std::as_bytes(std::span(predictCoefs)));
    const auto correctTensor = m_gpu->uploadBytes(std::as_bytes(std::span(correctCoefs)));
    const auto scaleTensor = m_gpu->upload(scale, 1, hidden);
    const auto activatedTensor = m_gpu->upload(activated, rows, hidden);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::altupPredict(pass, streamsIn, routerTensors, predictTensor, active, 1e-6F,
                                      predictions);
        engine::kernels::altupCorrect(pass, predictions, activatedTensor, routerTensors,
                                      correctTensor, scaleTensor, active, 1e-6F, corrected, scaled);
    });

    const auto modalities = reference::altupModalities(
        std::span(x).subspan(active * streamSize, streamSize), routerNorm, router, 1e-6F);
    const auto expectedPredictions = reference::altupPredict(x, modalities, predictCoefs, shape);
    const auto correctModalities = reference::altupModalities(activated, routerNorm, router, 1e-6F);
    const auto expected = reference::altupCorrect(expectedPredictions, activated, correctModalities,
                                                  correctCoefs, shape);
    QVERIFY(tests::relativeError(download(predictions), expectedPredictions) < 1e-5);
    QVERIFY(tests::relativeError(download(corrected), expected) < 1e-5);

    std::vector<float> expectedScaled(streamSize);
    for (std::size_t i = 0; i < streamSize; ++i)
        expectedScaled[i] = expected[active * streamSize + i] * scale[i % hidden];
    QVERIFY(tests::relativeError(m_gpu->download(scaled), expectedScaled) < 1e-5);
}

void MatformerTest::magnitudesAreMatched()
{
    const auto x = tests::randomVector(std::size_t{3} * 2 * 70, 1);
    const auto target = tests::randomVector(std::size_t{2} * 70, 2, 9.0F);
    const Streams all = streams(x, 3, 2, 70);
    const auto targetTensor = m_gpu->upload(target, 2, 70);
    m_gpu->run([&](Pass& pass) { engine::kernels::matchMagnitude(pass, all, 1, targetTensor); });

    std::vector<float> expected(x.begin(), x.begin() + 140);
    for (std::size_t i = 1; i < 3; ++i) {
        const auto matched =
            reference::matchMagnitude(std::span(x).subspan(i * 140, 140), target, 70);
        expected.insert(expected.end(), matched.begin(), matched.end());
    }
    QVERIFY(tests::relativeError(download(all), expected) < 1e-6);
}

void MatformerTest::streamsAreMerged()
{
    const auto first = tests::randomVector(std::size_t{2} * 33, 1);
    const auto others = tests::randomVector(std::size_t{3} * 2 * 33, 2);
    std::vector<float> expected(first.size());
    for (std::size_t i = 0; i < first.size(); ++i)
        expected[i] = (first[i] + others[i] + others[66 + i] + others[132 + i]) / 4.0F;

    const auto firstTensor = m_gpu->upload(first, 2, 33);
    const Streams otherStreams = streams(others, 3, 2, 33);
    const auto output = m_gpu->allocate(2, 33);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::altupMerge(pass, firstTensor, otherStreams, output); });
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-6);
}

void MatformerTest::laurelMeetsTheResidual()
{
    const std::size_t size = std::size_t{3} * 90;
    const auto active = tests::randomVector(size, 1);
    const auto normalized = tests::randomVector(size, 2);
    const auto attention = tests::randomVector(size, 3);
    const auto lowRank = tests::randomVector(size, 4);
    const auto attentionNorm = tests::randomVector(90, 5);
    const auto laurelNorm = tests::randomVector(90, 6);
    const auto attended = reference::rmsNorm(attention, attentionNorm, 1e-6F);
    const auto low = reference::rmsNorm(lowRank, laurelNorm, 1e-6F);
    std::vector<float> expected(size);
    for (std::size_t i = 0; i < size; ++i)
        expected[i] = (active[i] + attended[i] + normalized[i] + low[i]) / std::sqrt(2.0F);

    const engine::kernels::LaurelInputs inputs{
        m_gpu->upload(active, 3, 90), m_gpu->upload(normalized, 3, 90),
        m_gpu->upload(attention, 3, 90), m_gpu->upload(lowRank, 3, 90)};
    const auto attentionTensor = m_gpu->upload(attentionNorm, 1, 90);
    const auto laurelTensor = m_gpu->upload(laurelNorm, 1, 90);
    const auto output = m_gpu->allocate(3, 90);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::laurelResidual(pass, inputs, attentionTensor, laurelTensor, 1e-6F, output);
    });
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-6);
}

void MatformerTest::perLayerInputsMatchReference()
{
    const std::uint32_t width = 24;
    const std::uint32_t layers = 5;
    const std::uint32_t hidden = 40;
    const std::uint32_t rows = 3;
    const auto embeddings = tests::randomVector(std::size_t{rows} * hidden, 1);
    const auto table = tests::randomVector(std::size_t{rows} * layers * width, 2);
    const auto norm = tests::randomVector(width, 3);
    // A projection that picks elements, so that it needs no kernel of its own.
    std::vector<float> projection(std::size_t{layers} * width * hidden);
    std::vector<float> projected(std::size_t{rows} * layers * width);
    for (std::size_t i = 0; i < std::size_t{layers} * width; ++i) {
        projection[i * hidden + i % hidden] = 1.0F;
        for (std::size_t row = 0; row < rows; ++row)
            projected[row * layers * width + i] = embeddings[row * hidden + i % hidden];
    }
    const auto projectedTensor = m_gpu->upload(projected, rows, layers * width);
    const auto rowsTensor = m_gpu->upload(table, rows, layers * width);
    const auto normTensor = m_gpu->upload(norm, 1, width);
    const auto output = m_gpu->allocate(rows, layers * width);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::perLayerInputs(pass, projectedTensor, normTensor, rowsTensor, hidden,
                                        1e-6F, output);
    });
    const auto expected =
        reference::perLayerInputs(embeddings, table, projection, norm, hidden, 1e-6F);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-6);
}

void MatformerTest::perLayerInputsGoToAllStreamsButTheFirst()
{
    const auto x = tests::randomVector(std::size_t{4} * 2 * 20, 1);
    const auto z = tests::randomVector(std::size_t{2} * 20, 2);
    const auto norm = tests::randomVector(20, 3);
    const auto added = reference::rmsNorm(z, norm, 1e-6F);
    auto expected = x;
    for (std::size_t i = 40; i < expected.size(); ++i)
        expected[i] += added[i % 40];

    const Streams all = streams(x, 4, 2, 20);
    const auto input = m_gpu->upload(z, 2, 20);
    const auto normTensor = m_gpu->upload(norm, 1, 20);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::perLayerInject(pass, input, normTensor, 1e-6F, all); });
    QVERIFY(tests::relativeError(download(all), expected) < 1e-6);
}

QTEST_GUILESS_MAIN(MatformerTest)
#include "matformer_test.moc"
