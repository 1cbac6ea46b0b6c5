#include <QTest>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>

#include "engine/file/dequantize.h"
#include "engine/kernels/audio.h"
#include "tests/reference/audio.h"
#include "tests/reference/linear.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"
#include "tests/support/stored_values.h"

using engine::file::TensorType;
using engine::gpu::Tensor;
using engine::kernels::Matrix;
using engine::kernels::Pass;

Q_DECLARE_METATYPE(engine::file::TensorType)

namespace {

constexpr float kEpsilon = 1e-6F;

// Random weights as they would be stored.
std::vector<std::byte> storedWeights(TensorType type, std::size_t size)
{
    return tests::storedValues(type, tests::randomVector(size, 31, 0.3F));
}

std::vector<float> sumOf(std::vector<float> a, std::span<const float> b, float weight)
{
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] += weight * b[i];
    return a;
}

}  // namespace

// The kernels of the sound encoder against the plain loops of tests/reference.
class AudioKernelsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void frontConvMatchesReference_data();
    void frontConvMatchesReference();
    void cumulativeNormIsAsDescribed();
    void cumulativeNormCarriesOn_data();
    void cumulativeNormCarriesOn();
    void siluLinearMatchesReference_data();
    void siluLinearMatchesReference();
    void conformerLinearMatchesReference_data();
    void conformerLinearMatchesReference();
    void conformerLinearClips();
    void localAttentionLooksBackAcrossCalls_data();
    void localAttentionLooksBackAcrossCalls();
    void gatedConvLooksBackAcrossCalls_data();
    void gatedConvLooksBackAcrossCalls();

private:
    Tensor vector(std::span<const float> values)
    {
        return m_gpu->upload(values, 1, static_cast<std::uint32_t>(values.size()));
    }
    Tensor words(std::uint32_t count) { return m_gpu->allocate(1, count); }
    std::vector<float> normalizedInPieces(std::span<const float> x, std::span<const float> weight,
                                          std::uint32_t width, std::uint32_t piece);

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void AudioKernelsTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

void AudioKernelsTest::frontConvMatchesReference_data()
{
    QTest::addColumn<uint>("inputChannels");
    QTest::addColumn<uint>("inputFrequencies");
    QTest::addColumn<uint>("outputChannels");
    QTest::addColumn<uint>("inputFrames");
    QTest::addColumn<uint>("outputFrames");
    QTest::addColumn<uint>("kernel");
    QTest::addColumn<uint>("stride");
    QTest::newRow("the first of a small model") << 1U << 128U << 24U << 9U << 4U << 3U << 2U;
    QTest::newRow("past the last frame") << 1U << 128U << 8U << 8U << 4U << 3U << 2U;
    QTest::newRow("one frame of two that it needs") << 3U << 6U << 5U << 1U << 1U << 3U << 2U;
    QTest::newRow("the second of the real model") << 128U << 64U << 32U << 5U << 2U << 3U << 2U;
    QTest::newRow("another kernel and stride") << 2U << 11U << 3U << 7U << 2U << 4U << 3U;
    QTest::newRow("one by one") << 5U << 7U << 1U << 3U << 3U << 1U << 1U;
}

void AudioKernelsTest::frontConvMatchesReference()
{
    QFETCH(const uint, inputChannels);
    QFETCH(const uint, inputFrequencies);
    QFETCH(const uint, outputChannels);
    QFETCH(const uint, inputFrames);
    QFETCH(const uint, outputFrames);
    QFETCH(const uint, kernel);
    QFETCH(const uint, stride);
    const reference::FrontConv plain{inputChannels, inputFrequencies, outputChannels, kernel,
                                     kernel,        stride,           stride,         1};
    const auto outputFrequencies = static_cast<std::uint32_t>(plain.outputFrequencies());
    const engine::kernels::FrontConvShape shape{inputChannels,
                                                inputFrequencies,
                                                outputChannels,
                                                outputFrequencies,
                                                kernel,
                                                kernel,
                                                stride,
                                                stride,
                                                1};
    const std::uint32_t width = inputFrequencies * inputChannels;
    const auto x = tests::randomVector(std::size_t{inputFrames} * width, 1);
    const auto weight =
        tests::randomVector(std::size_t{outputChannels} * inputChannels * kernel * kernel, 2);

    const auto output = m_gpu->allocate(outputFrames, outputFrequencies * outputChannels);
    const std::uint32_t sumsPerFrame = engine::kernels::frontConvSums(shape);
    const auto sums = words(outputFrames * sumsPerFrame);
    const auto input = m_gpu->upload(x, inputFrames, width);
    const auto weights = vector(weight);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::frontConv(pass, shape, input, weights, output, sums); });

    // At most 1152 products in fp32, one after the other.
    const auto expected = reference::frontConv(plain, x, weight, outputFrames);
    const auto actual = m_gpu->download(output);
    QVERIFY(tests::relativeError(actual, expected) < 2e-6);
    const std::size_t frame = expected.size() / outputFrames;
    const auto actualSums = m_gpu->download(sums);
    for (std::size_t t = 0; t < outputFrames; ++t) {
        double sum = 0.0;
        double magnitude = 0.0;
        for (std::size_t e = 0; e < frame; ++e) {
            sum += expected[t * frame + e];
            magnitude += std::abs(expected[t * frame + e]);
        }
        const auto of = actualSums.begin() + static_cast<std::ptrdiff_t>(t * sumsPerFrame);
        const double actualSum = std::accumulate(of, of + sumsPerFrame, 0.0);
        QVERIFY(std::abs(actualSum - sum) <= 5e-6 * magnitude);
    }
}

std::vector<float> AudioKernelsTest::normalizedInPieces(std::span<const float> x,
                                                        std::span<const float> weight,
                                                        std::uint32_t width, std::uint32_t piece)
{
    const auto frames = static_cast<std::uint32_t>(x.size() / width);
    engine::kernels::CarriedNorm carried{words(4), 0, 0, words(2 * frames), 2, words(frames)};
    const auto weights = vector(weight);
    std::vector<float> y;
    for (std::uint32_t first = 0; first < frames; first += piece) {
        const std::uint32_t rows = std::min(piece, frames - first);
        const auto part = x.subspan(std::size_t{first} * width, std::size_t{rows} * width);
        const auto input = m_gpu->upload(part, rows, width);
        for (std::uint32_t t = 0; t < rows; ++t) {
            const auto frame = part.subspan(std::size_t{t} * width, width);
            m_gpu->view<float>(carried.sums)[2 * t] = frame.front();
            m_gpu->view<float>(carried.sums)[2 * t + 1] =
                std::accumulate(frame.begin() + 1, frame.end(), 0.0F);
        }
        const auto output = m_gpu->allocate(rows + 1, width);
        m_gpu->run([&](Pass& pass) {
            engine::kernels::cumulativeNorm(pass, input, weights, 1e-3F, carried,
                                            output.rowsFrom(1, rows));
        });
        const auto values = m_gpu->download(output.rowsFrom(1, rows));
        y.insert(y.end(), values.begin(), values.end());
        carried.slot = 1 - carried.slot;
        carried.frames += rows;
    }
    return y;
}

// The example of spec 03 §3, before the ReLU where it is positive.
void AudioKernelsTest::cumulativeNormIsAsDescribed()
{
    const std::vector<float> x{1, 3, 2, 4, 0, -2};
    const std::vector<float> expected{0, 0.9995F, 0, 1.413585F, 0, 0};
    QVERIFY(tests::largestError(normalizedInPieces(x, std::vector{1.0F}, 2, 3), expected) < 1e-5);
    const std::vector<float> turned{0.9995F, 0, 0.471195F, 0, 0.783075F, 1.957688F};
    QVERIFY(tests::largestError(normalizedInPieces(x, std::vector{-1.0F}, 2, 3), turned) < 1e-5);
}

void AudioKernelsTest::cumulativeNormCarriesOn_data()
{
    QTest::addColumn<uint>("width");
    QTest::addColumn<uint>("channels");
    QTest::addColumn<uint>("piece");
    for (const uint piece : {1U, 2U, 7U, 30U}) {
        QTest::addRow("odd, %u at a time", piece) << 77U << 11U << piece;
        QTest::addRow("as the real model's first, %u at a time", piece) << 8192U << 128U << piece;
    }
}

void AudioKernelsTest::cumulativeNormCarriesOn()
{
    QFETCH(const uint, width);
    QFETCH(const uint, channels);
    QFETCH(const uint, piece);
    auto x = tests::randomVector(std::size_t{30} * width, 5, 2.0F);
    for (float& value : x)
        value -= 3.0F;  // a mean that is not near zero
    const auto weight = tests::randomVector(channels, 6);

    // Sums of up to 245,760 elements in fp32, as the published model has them.
    QVERIFY(tests::relativeError(normalizedInPieces(x, weight, width, piece),
                                 reference::cumulativeNorm(x, weight, width, 1e-3F)) < 1e-5);
}

void AudioKernelsTest::siluLinearMatchesReference_data()
{
    QTest::addColumn<TensorType>("type");
    QTest::addColumn<uint>("rows");
    QTest::newRow("F32, one") << TensorType::F32 << 1U;
    QTest::newRow("F32, a tile and one") << TensorType::F32 << 5U;
    QTest::newRow("F16") << TensorType::F16 << 3U;
    QTest::newRow("BF16") << TensorType::BF16 << 8U;
    QTest::newRow("Q8_0") << TensorType::Q8_0 << 4U;
}

void AudioKernelsTest::siluLinearMatchesReference()
{
    QFETCH(const TensorType, type);
    QFETCH(const uint, rows);
    constexpr std::uint32_t kColumns = 96;
    constexpr std::uint32_t kOutputs = 130;
    const auto bytes = storedWeights(type, std::size_t{kOutputs} * kColumns);
    std::vector<float> weights(std::size_t{kOutputs} * kColumns);
    engine::file::dequantize(type, bytes, weights);
    const auto x = tests::randomVector(std::size_t{rows} * kColumns, 7);

    const Matrix matrix = m_gpu->matrix(type, bytes, kOutputs, kColumns);
    const auto input = m_gpu->upload(x, rows, kColumns);
    const auto output = m_gpu->allocate(rows, kOutputs);
    m_gpu->run([&](Pass& pass) { engine::kernels::siluLinear(pass, matrix, input, output); });
    const auto expected = reference::silu(reference::linear(weights, x, kColumns));
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 2e-6);
}

void AudioKernelsTest::conformerLinearMatchesReference_data()
{
    QTest::addColumn<TensorType>("type");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("width");
    QTest::addColumn<uint>("columns");
    QTest::addColumn<QString>("steps");  // post, residual, final, next: the first letters
    QTest::newRow("everything") << TensorType::F32 << 7U << 60U << 36U << "prfn";
    QTest::newRow("a residual") << TensorType::F32 << 4U << 61U << 40U << "rn";
    QTest::newRow("the beginning") << TensorType::F32 << 5U << 64U << 256U << "n";
    QTest::newRow("the end") << TensorType::F32 << 1U << 64U << 64U << "prf";
    QTest::newRow("one element") << TensorType::F32 << 1U << 1U << 1U << "prfn";
    QTest::newRow("F16") << TensorType::F16 << 3U << 64U << 64U << "prn";
    QTest::newRow("BF16") << TensorType::BF16 << 9U << 64U << 64U << "prn";
    QTest::newRow("Q8_0") << TensorType::Q8_0 << 4U << 33U << 64U << "prn";
    QTest::newRow("a real row") << TensorType::F32 << 2U << 1536U << 1536U << "prfn";
}

void AudioKernelsTest::conformerLinearMatchesReference()
{
    QFETCH(const TensorType, type);
    QFETCH(const uint, rows);
    QFETCH(const uint, width);
    QFETCH(const uint, columns);
    QFETCH(const QString, steps);
    const auto bytes = storedWeights(type, std::size_t{width} * columns);
    std::vector<float> weights(std::size_t{width} * columns);
    engine::file::dequantize(type, bytes, weights);
    const auto x = tests::randomVector(std::size_t{rows} * columns, 7);
    auto residual = tests::randomVector(std::size_t{rows} * width, 8);
    const auto postNorm = tests::randomVector(width, 9);
    const auto finalNorm = tests::randomVector(width, 10);
    const auto nextNorm = tests::randomVector(width, 11);

    const Matrix matrix = m_gpu->matrix(type, bytes, width, columns);
    const auto input = m_gpu->upload(x, rows, columns);
    const engine::kernels::ConformerRows buffers{m_gpu->allocate(rows, width),
                                                 m_gpu->upload(residual, rows, width),
                                                 m_gpu->allocate(rows, width), words(rows)};
    engine::kernels::ConformerTail tail;
    tail.residualWeight = 0.5F;
    tail.addsResidual = steps.contains('r');
    tail.clip = 1e10F;
    tail.nextClip = FLT_MAX;
    tail.epsilon = kEpsilon;
    if (steps.contains('p'))
        tail.postNorm = vector(postNorm);
    if (steps.contains('f'))
        tail.finalNorm = vector(finalNorm);
    if (steps.contains('n'))
        tail.nextNorm = vector(nextNorm);
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::conformerLinear(pass, matrix, input, tail, buffers); });

    auto value = reference::linear(weights, x, columns);
    if (steps.contains('p'))
        value = sumOf(std::vector<float>(value.size()),
                      reference::rmsNorm(value, postNorm, kEpsilon), 0.5F);
    if (steps.contains('r'))
        value = sumOf(residual, value, 1.0F);
    if (steps.contains('f'))
        value = reference::rmsNorm(value, finalNorm, kEpsilon);
    // Sums of 1,536 products, normalised up to three times.
    QVERIFY(tests::relativeError(m_gpu->download(buffers.residual), value) < 5e-6);
    if (steps.contains('n'))
        QVERIFY(tests::relativeError(m_gpu->download(buffers.normalized),
                                     reference::rmsNorm(value, nextNorm, kEpsilon)) < 5e-6);
    // The next dispatch counts from zero again.
    const auto arrivals = m_gpu->view<std::uint32_t>(buffers.arrivals);
    QVERIFY(std::all_of(arrivals.begin(), arrivals.end(), [](auto count) { return count == 0; }));
}

void AudioKernelsTest::conformerLinearClips()
{
    constexpr std::uint32_t kWidth = 24;
    constexpr float kClip = 0.4F;
    constexpr float kNextClip = 0.3F;
    const auto weights = tests::randomVector(std::size_t{kWidth} * kWidth, 1);
    const auto x = tests::randomVector(std::size_t{3} * kWidth, 2);
    const auto residual = tests::randomVector(std::size_t{3} * kWidth, 3);
    const std::vector<float> ones(kWidth, 1.0F);

    const Matrix matrix =
        m_gpu->matrix(TensorType::F32, std::as_bytes(std::span(weights)), kWidth, kWidth);
    const auto input = m_gpu->upload(x, 3, kWidth);
    const engine::kernels::ConformerRows buffers{m_gpu->allocate(3, kWidth),
                                                 m_gpu->upload(residual, 3, kWidth),
                                                 m_gpu->allocate(3, kWidth), words(3)};
    const auto norm = vector(ones);
    const engine::kernels::ConformerTail tail{.postNorm = norm,
                                              .residualWeight = 1.0F,
                                              .addsResidual = true,
                                              .finalNorm = norm,
                                              .nextNorm = norm,
                                              .nextClip = kNextClip,
                                              .clip = kClip,
                                              .epsilon = kEpsilon};
    m_gpu->run(
        [&](Pass& pass) { engine::kernels::conformerLinear(pass, matrix, input, tail, buffers); });

    // A norm behind a clip multiplies an error by up to 1 / the clip, the three together by 21: the
    // order in which a product's terms are summed alone makes up to 1.1e-5 of it here.
    constexpr double kLargestError = 2e-5;
    auto value = reference::clip(reference::linear(weights, x, kWidth), kClip);
    value = sumOf(residual, reference::rmsNorm(value, ones, kEpsilon), 1.0F);
    value = reference::rmsNorm(reference::clip(value, kClip), ones, kEpsilon);
    QVERIFY(tests::relativeError(m_gpu->download(buffers.residual), value) < kLargestError);
    value = reference::rmsNorm(reference::clip(value, kNextClip), ones, kEpsilon);
    QVERIFY(tests::relativeError(m_gpu->download(buffers.normalized), value) < kLargestError);
}

void AudioKernelsTest::localAttentionLooksBackAcrossCalls_data()
{
    QTest::addColumn<uint>("heads");
    QTest::addColumn<uint>("headDim");
    QTest::addColumn<uint>("window");
    QTest::addColumn<uint>("piece");
    for (const uint piece : {1U, 5U, 12U, 13U, 40U}) {
        QTest::addRow("small, %u at a time", piece) << 3U << 10U << 13U << piece;
        QTest::addRow("a window of one, %u at a time", piece) << 2U << 8U << 1U << piece;
    }
    QTest::newRow("real widths, 12 at a time") << 8U << 192U << 13U << 12U;
}

void AudioKernelsTest::localAttentionLooksBackAcrossCalls()
{
    QFETCH(const uint, heads);
    QFETCH(const uint, headDim);
    QFETCH(const uint, window);
    QFETCH(const uint, piece);
    constexpr std::uint32_t kFrames = 40;
    const std::uint32_t width = heads * headDim;
    // Large enough for the cap to bend them.
    const auto qkv = tests::randomVector(std::size_t{kFrames} * 3 * width, 1, 3.0F);
    const auto queryScale = tests::randomVector(headDim, 2, 3.0F);
    const auto positions = tests::randomVector(std::size_t{window} * width, 3, 3.0F);

    const engine::kernels::KeptFrames kept{m_gpu->allocate(std::max(window - 1, 1U), 2 * width),
                                           m_gpu->allocate(1, width), window - 1, 0};
    const auto scale = vector(queryScale);
    const auto distances = vector(positions);
    std::vector<float> actual;
    for (std::uint32_t first = 0; first < kFrames; first += piece) {
        const std::uint32_t rows = std::min(piece, kFrames - first);
        const auto input = m_gpu->upload(
            std::span(qkv).subspan(std::size_t{first} * 3 * width, std::size_t{rows} * 3 * width),
            rows, 3 * width);
        const auto gates = m_gpu->allocate(rows, 2 * width);
        const auto output = m_gpu->allocate(rows, width);
        m_gpu->run([&](Pass& pass) {
            engine::kernels::localAttention(pass, {heads, headDim, window, 50.0F}, first, input,
                                            kept.keysValues, scale, distances, output);
            engine::kernels::keepFrames(pass, first, input, gates, kept);
        });
        const auto values = m_gpu->download(output);
        actual.insert(actual.end(), values.begin(), values.end());
    }
    const auto expected =
        reference::localAttention({heads, headDim, window, 50.0F}, qkv, queryScale, positions);
    // Scores of up to 50 lose 5e-6 of themselves before they are exponents.
    QVERIFY(tests::relativeError(actual, expected) < 5e-5);
}

void AudioKernelsTest::gatedConvLooksBackAcrossCalls_data()
{
    QTest::addColumn<uint>("width");
    QTest::addColumn<uint>("taps");
    QTest::addColumn<uint>("piece");
    for (const uint piece : {1U, 3U, 4U, 5U, 21U}) {
        QTest::addRow("odd, %u at a time", piece) << 37U << 5U << piece;
        QTest::addRow("one tap, %u at a time", piece) << 16U << 1U << piece;
    }
    QTest::newRow("a real row") << 1536U << 5U << 12U;
}

void AudioKernelsTest::gatedConvLooksBackAcrossCalls()
{
    QFETCH(const uint, width);
    QFETCH(const uint, taps);
    QFETCH(const uint, piece);
    constexpr std::uint32_t kFrames = 21;
    constexpr float kClip = 1.5F;
    const auto gates = tests::randomVector(std::size_t{kFrames} * 2 * width, 1, 3.0F);
    const auto weight = tests::randomVector(std::size_t{width} * taps, 2);
    const auto norm = tests::randomVector(width, 3);

    const engine::kernels::KeptFrames kept{
        m_gpu->allocate(1, 2 * width), m_gpu->allocate(std::max(taps - 1, 1U), width), 0, taps - 1};
    const auto weights = vector(weight);
    const auto norms = vector(norm);
    std::vector<float> actual;
    for (std::uint32_t first = 0; first < kFrames; first += piece) {
        const std::uint32_t rows = std::min(piece, kFrames - first);
        const auto input = m_gpu->upload(
            std::span(gates).subspan(std::size_t{first} * 2 * width, std::size_t{rows} * 2 * width),
            rows, 2 * width);
        const auto qkv = m_gpu->allocate(rows, 3 * width);
        const auto output = m_gpu->allocate(rows, width);
        m_gpu->run([&](Pass& pass) {
            engine::kernels::gatedConv(pass, {taps, kClip, kEpsilon}, first, input, kept.gated,
                                       weights, norms, output);
            engine::kernels::keepFrames(pass, first, qkv, input, kept);
        });
        const auto values = m_gpu->download(output);
        actual.insert(actual.end(), values.begin(), values.end());
    }
    const auto convolved = reference::gatedConv(gates, weight, width, taps);
    QVERIFY(tests::largestValue(convolved) > kClip);  // or the clip would go untested
    const auto expected =
        reference::silu(reference::rmsNorm(reference::clip(convolved, kClip), norm, kEpsilon));
    QVERIFY(tests::relativeError(actual, expected) < 3e-6);
}

QTEST_GUILESS_MAIN(AudioKernelsTest)
#include "audio_test.moc"
