#include <QTest>

#include <algorithm>

#include "engine/base/half.h"
#include "engine/file/dequantize.h"
#include "engine/kernels/vision.h"
#include "tests/reference/vision.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::file::TensorType;
using engine::gpu::Tensor;
using engine::kernels::MapSize;
using engine::kernels::Matrix;
using engine::kernels::Pass;
using reference::Map;

namespace {

constexpr float kEpsilon = 1e-6F;

Map randomMap(std::size_t size, std::size_t channels, std::uint32_t seed)
{
    return {size, channels, tests::randomVector(size * size * channels, seed)};
}

MapSize sizeOf(const Map& map)
{
    const auto side = static_cast<std::uint32_t>(map.size);
    return {side, side};
}

// [outputs × inputs × taps] to rows of taps with their channels side by side, zeros behind these.
std::vector<float> turned(const std::vector<float>& weight, std::size_t outputs, std::size_t inputs,
                          std::size_t taps)
{
    const std::size_t channels =
        engine::kernels::paddedChannels(static_cast<std::uint32_t>(inputs));
    std::vector<float> rows(outputs * taps * channels);
    for (std::size_t o = 0; o < outputs; ++o) {
        for (std::size_t i = 0; i < inputs; ++i) {
            for (std::size_t tap = 0; tap < taps; ++tap)
                rows[(o * taps + tap) * channels + i] = weight[(o * inputs + i) * taps + tap];
        }
    }
    return rows;
}

}  // namespace

// The kernels of the vision encoder against plain loops, in the form for GPUs and in the one for
// CPU drivers.
class VisionKernelsTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void convolves_data();
    void convolves();
    void computesPartsOfAnOutput();
    void multipliesByStoredTypes_data();
    void multipliesByStoredTypes();
    void multipliesRows_data() { addForms(); }
    void multipliesRows();
    void convolvesChannels_data();
    void convolvesChannels();
    void normalizes_data();
    void normalizes();
    void takesTheSoftmaxOfRows_data() { addForms(); }
    void takesTheSoftmaxOfRows();
    void addsScaled_data() { addForms(); }
    void addsScaled();
    void joinsScales();
    void pools();

private:
    static void addForms();
    tests::GpuTest& form(bool forGpus) { return forGpus ? *m_gpuForm : *m_cpuForm; }
    static Tensor upload(tests::GpuTest& gpu, const Map& map);
    static Tensor output(tests::GpuTest& gpu, const Map& like);

    std::unique_ptr<tests::GpuTest> m_cpuForm;
    std::unique_ptr<tests::GpuTest> m_gpuForm;
};

void VisionKernelsTest::initTestCase()
{
    m_cpuForm = tests::GpuTest::create();
    m_gpuForm = tests::GpuTest::create();
    if (!m_cpuForm || !m_gpuForm)
        QSKIP("no Vulkan device");
    m_gpuForm->context().useGpuKernels();
}

void VisionKernelsTest::addForms()
{
    QTest::addColumn<bool>("forGpus");
    QTest::newRow("for GPUs") << true;
    QTest::newRow("for CPU drivers") << false;
}

Tensor VisionKernelsTest::upload(tests::GpuTest& gpu, const Map& map)
{
    return gpu.upload(map.values, sizeOf(map).pixels(), static_cast<std::uint32_t>(map.channels));
}

Tensor VisionKernelsTest::output(tests::GpuTest& gpu, const Map& like)
{
    return gpu.allocate(sizeOf(like).pixels(), static_cast<std::uint32_t>(like.channels));
}

void VisionKernelsTest::convolves_data()
{
    QTest::addColumn<bool>("forGpus");
    QTest::addColumn<uint>("size");
    QTest::addColumn<uint>("inputs");
    QTest::addColumn<uint>("outputs");
    QTest::addColumn<uint>("kernel");
    QTest::addColumn<uint>("stride");
    for (const bool forGpus : {true, false}) {
        const QByteArray form = forGpus ? "GPU: " : "CPU: ";
        QTest::newRow(form + "one pixel") << forGpus << 1U << 8U << 1U << 1U << 1U;
        QTest::newRow(form + "matrix product") << forGpus << 9U << 72U << 40U << 1U << 1U;
        QTest::newRow(form + "tile of outputs and one") << forGpus << 8U << 40U << 65U << 1U << 1U;
        QTest::newRow(form + "tile of outputs minus one")
            << forGpus << 5U << 24U << 63U << 1U << 1U;
        QTest::newRow(form + "window of 3") << forGpus << 7U << 16U << 24U << 3U << 1U;
        QTest::newRow(form + "window of 3, stride 2") << forGpus << 8U << 24U << 33U << 3U << 2U;
        QTest::newRow(form + "window of 5, stride 2") << forGpus << 10U << 8U << 16U << 5U << 2U;
        QTest::newRow(form + "odd size, stride 2") << forGpus << 9U << 8U << 16U << 3U << 2U;
        QTest::newRow(form + "three channels and one") << forGpus << 6U << 4U << 16U << 3U << 2U;
        QTest::newRow(form + "odd channels") << forGpus << 4U << 13U << 11U << 3U << 1U;
    }
}

void VisionKernelsTest::convolves()
{
    QFETCH(const bool, forGpus);
    QFETCH(const uint, size);
    QFETCH(const uint, inputs);
    QFETCH(const uint, outputs);
    QFETCH(const uint, kernel);
    QFETCH(const uint, stride);
    tests::GpuTest& gpu = form(forGpus);
    const Map x = randomMap(size, inputs, 1);
    const std::size_t taps = std::size_t{kernel} * kernel;
    const auto weight = tests::randomVector(outputs * inputs * taps, 2);
    const Map expected = reference::conv2d(x, weight, outputs, kernel, stride);

    const auto rows = turned(weight, outputs, inputs, taps);
    const Matrix matrix = gpu.matrix(TensorType::F32, std::as_bytes(std::span(rows)), outputs,
                                     static_cast<std::uint32_t>(rows.size() / outputs));
    const Tensor from = upload(gpu, x);
    const Tensor to = output(gpu, expected);
    gpu.run([&](Pass& pass) {
        engine::kernels::conv2d(pass, matrix, {kernel, stride}, sizeOf(x), from, to,
                                {0, outputs, 0, to.rows});
    });
    QVERIFY(tests::relativeError(gpu.download(to), expected.values) < 1e-5);
}

// What a dispatch is not to compute stays as it was.
void VisionKernelsTest::computesPartsOfAnOutput()
{
    for (const bool forGpus : {true, false}) {
        tests::GpuTest& gpu = form(forGpus);
        const Map x = randomMap(12, 16, 3);
        const auto weight = tests::randomVector(std::size_t{100} * 16 * 9, 4);
        const Map expected = reference::conv2d(x, weight, 100, 3, 1);
        const auto rows = turned(weight, 100, 16, 9);
        const Matrix matrix =
            gpu.matrix(TensorType::F32, std::as_bytes(std::span(rows)), 100, 9 * 16);
        const Tensor from = upload(gpu, x);
        const Tensor to = output(gpu, expected);
        const auto part = [&](std::uint32_t o, std::uint32_t outputs, std::uint32_t p,
                              std::uint32_t pixels) {
            gpu.run([&](Pass& pass) {
                engine::kernels::conv2d(pass, matrix, {3, 1}, sizeOf(x), from, to,
                                        {o, outputs, p, pixels});
            });
        };
        part(64, 36, 64, 80);
        QCOMPARE(gpu.download(to)[0], 0.0F);
        part(0, 64, 0, 64);
        part(0, 64, 64, 80);
        QCOMPARE(gpu.download(to)[99], 0.0F);
        part(64, 36, 0, 64);
        QVERIFY(tests::relativeError(gpu.download(to), expected.values) < 1e-5);
    }
}

void VisionKernelsTest::multipliesByStoredTypes_data()
{
    QTest::addColumn<bool>("forGpus");
    QTest::addColumn<int>("type");
    for (const bool forGpus : {true, false}) {
        for (const TensorType type : {TensorType::F16, TensorType::BF16, TensorType::Q8_0}) {
            const auto name = engine::file::typeInfo(type).name;
            QTest::addRow("%s, %s", forGpus ? "GPU" : "CPU", name.data())
                << forGpus << static_cast<int>(type);
        }
    }
}

void VisionKernelsTest::multipliesByStoredTypes()
{
    QFETCH(const bool, forGpus);
    QFETCH(const int, type);
    const auto stored = static_cast<TensorType>(type);
    tests::GpuTest& gpu = form(forGpus);
    constexpr std::uint32_t kInputs = 96;
    constexpr std::uint32_t kOutputs = 70;
    const Map x = randomMap(6, kInputs, 5);
    const auto exact = tests::randomVector(std::size_t{kOutputs} * kInputs, 6);

    const auto& info = engine::file::typeInfo(stored);
    std::vector<std::byte> bytes(exact.size() / info.blockElements * info.blockBytes);
    if (stored == TensorType::Q8_0) {
        engine::file::quantizeQ8_0(exact, bytes);
    } else {
        const std::span halves(reinterpret_cast<std::uint16_t*>(bytes.data()), exact.size());
        std::transform(exact.begin(), exact.end(), halves.begin(),
                       stored == TensorType::F16 ? engine::floatToHalf : engine::floatToBfloat16);
    }
    std::vector<float> weight(exact.size());
    engine::file::dequantize(stored, bytes, weight);
    const Map expected = reference::conv2d(x, weight, kOutputs, 1, 1);

    const Matrix matrix = gpu.matrix(stored, bytes, kOutputs, kInputs);
    const Tensor from = upload(gpu, x);
    const Tensor to = output(gpu, expected);
    const auto costs = gpu.run([&](Pass& pass) {
        engine::kernels::conv2d(pass, matrix, {}, sizeOf(x), from, to, {0, kOutputs, 0, to.rows});
    });
    QVERIFY(tests::relativeError(gpu.download(to), expected.values) < 1e-5);
    QCOMPARE(costs.weightBytes, kOutputs * matrix.rowBytes);
    QCOMPARE(costs.flops, std::uint64_t{2} * kInputs * kOutputs * 36);
}

void VisionKernelsTest::multipliesRows()
{
    QFETCH(const bool, forGpus);
    tests::GpuTest& gpu = form(forGpus);
    constexpr std::uint32_t kColumns = 36;
    const auto a = tests::randomVector(std::size_t{19} * kColumns, 7);
    const auto b = tests::randomVector(std::size_t{21} * kColumns, 8);
    std::vector<float> expected;
    for (std::size_t i = 0; i < 19; ++i) {
        for (std::size_t j = 0; j < 21; ++j) {
            double sum = 0.0;
            for (std::size_t k = 0; k < kColumns; ++k)
                sum += static_cast<double>(a[i * kColumns + k]) * b[j * kColumns + k];
            expected.push_back(static_cast<float>(sum));
        }
    }
    const Tensor left = gpu.upload(a, 19, kColumns);
    const Tensor right = gpu.upload(b, 21, kColumns);
    const Tensor to = gpu.allocate(19, 21);
    const auto costs = gpu.run([&](Pass& pass) {
        engine::kernels::multiplyRows(pass, left, right, to, {0, 21, 0, 19});
    });
    QVERIFY(tests::relativeError(gpu.download(to), expected) < 1e-5);
    QCOMPARE(costs.weightBytes, std::uint64_t{0});
}

void VisionKernelsTest::convolvesChannels_data()
{
    QTest::addColumn<bool>("forGpus");
    QTest::addColumn<uint>("size");
    QTest::addColumn<uint>("channels");
    QTest::addColumn<uint>("kernel");
    QTest::addColumn<uint>("stride");
    for (const bool forGpus : {true, false}) {
        const QByteArray form = forGpus ? "GPU: " : "CPU: ";
        QTest::newRow(form + "window of 3") << forGpus << 6U << 24U << 3U << 1U;
        QTest::newRow(form + "window of 5, stride 2") << forGpus << 8U << 40U << 5U << 2U;
        QTest::newRow(form + "window of 3, stride 2, odd") << forGpus << 7U << 10U << 3U << 2U;
        QTest::newRow(form + "window beyond the map") << forGpus << 2U << 8U << 5U << 1U;
    }
}

void VisionKernelsTest::convolvesChannels()
{
    QFETCH(const bool, forGpus);
    QFETCH(const uint, size);
    QFETCH(const uint, channels);
    QFETCH(const uint, kernel);
    QFETCH(const uint, stride);
    tests::GpuTest& gpu = form(forGpus);
    const std::size_t taps = std::size_t{kernel} * kernel;
    const Map x = randomMap(size, channels, 9);
    const auto weight = tests::randomVector(channels * taps, 10);
    const Map expected = reference::depthwiseConv2d(x, weight, kernel, stride);
    std::vector<float> rows(weight.size());
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t tap = 0; tap < taps; ++tap)
            rows[tap * channels + c] = weight[c * taps + tap];
    }
    const Tensor from = upload(gpu, x);
    const Tensor weights = gpu.upload(rows, static_cast<std::uint32_t>(taps), channels);
    const Tensor to = output(gpu, expected);
    gpu.run([&](Pass& pass) {
        engine::kernels::depthwiseConv2d(pass, weights, {kernel, stride}, sizeOf(x), from, to);
    });
    QVERIFY(tests::relativeError(gpu.download(to), expected.values) < 1e-5);
}

void VisionKernelsTest::normalizes_data()
{
    QTest::addColumn<bool>("forGpus");
    QTest::addColumn<uint>("channels");
    for (const bool forGpus : {true, false}) {
        for (const uint channels : {1U, 3U, 40U, 331U})
            QTest::addRow("%s, %u channels", forGpus ? "GPU" : "CPU", channels)
                << forGpus << channels;
    }
}

void VisionKernelsTest::normalizes()
{
    QFETCH(const bool, forGpus);
    QFETCH(const uint, channels);
    tests::GpuTest& gpu = form(forGpus);
    const Map x = randomMap(5, channels, 11);
    const Map residual = randomMap(5, channels, 12);
    const auto weight = tests::randomVector(channels, 13);
    const Map expected = reference::channelNorm(x, weight, kEpsilon);
    Map sum = expected;
    std::transform(sum.values.begin(), sum.values.end(), residual.values.begin(),
                   sum.values.begin(), std::plus<>());

    const Tensor from = upload(gpu, x);
    const Tensor with = upload(gpu, residual);
    const Tensor weights = gpu.upload(weight, 1, channels);
    const Tensor plain = output(gpu, x);
    const Tensor activated = output(gpu, x);
    gpu.run([&](Pass& pass) {
        engine::kernels::channelNorm(pass, from, weights, kEpsilon, plain);
        engine::kernels::channelNormGelu(pass, from, weights, kEpsilon, activated);
        engine::kernels::channelNormAdd(pass, from, weights, kEpsilon, with, with);
    });
    QVERIFY(tests::relativeError(gpu.download(plain), expected.values) < 1e-6);
    QVERIFY(tests::relativeError(gpu.download(activated), reference::gelu(expected).values) < 1e-6);
    QVERIFY(tests::relativeError(gpu.download(with), sum.values) < 1e-6);
}

void VisionKernelsTest::takesTheSoftmaxOfRows()
{
    QFETCH(const bool, forGpus);
    tests::GpuTest& gpu = form(forGpus);
    constexpr std::uint32_t kWidth = 37;
    auto x = tests::randomVector(std::size_t{7} * kWidth, 14);
    for (std::size_t k = 0; k < kWidth; ++k)
        x[k] *= 1000.0F;  // only the difference to the largest may reach exp()
    const Tensor scores = gpu.upload(x, 7, kWidth);
    std::fill(gpu.view<float>(scores).begin() + kWidth, gpu.view<float>(scores).begin() + 40, 9.0F);
    gpu.run([&](Pass& pass) { engine::kernels::softmaxRows(pass, scores, 0.5F, scores); });
    QVERIFY(tests::largestError(gpu.download(scores), reference::softmaxRows(x, kWidth, 0.5)) <
            1e-6);
    QCOMPARE(gpu.view<float>(scores)[kWidth], 0.0F);  // the padding can be multiplied
}

void VisionKernelsTest::addsScaled()
{
    QFETCH(const bool, forGpus);
    tests::GpuTest& gpu = form(forGpus);
    const Map x = randomMap(4, 19, 15);
    const Map residual = randomMap(4, 19, 16);
    const auto scale = tests::randomVector(19, 17);
    std::vector<float> expected;
    for (std::size_t i = 0; i < x.values.size(); ++i)
        expected.push_back(residual.values[i] + scale[i % 19] * x.values[i]);
    const Tensor from = upload(gpu, x);
    const Tensor to = upload(gpu, residual);
    const Tensor scales = gpu.upload(scale, 1, 19);
    gpu.run([&](Pass& pass) { engine::kernels::scaleAdd(pass, to, from, scales, to); });
    QVERIFY(tests::relativeError(gpu.download(to), expected) < 1e-6);
}

void VisionKernelsTest::joinsScales()
{
    const Map fine = randomMap(6, 5, 18);
    const Map coarse = randomMap(3, 9, 19);
    const Map expected = reference::joinScales(fine, coarse);
    const Tensor a = upload(*m_gpuForm, fine);
    const Tensor b = upload(*m_gpuForm, coarse);
    const Tensor to = output(*m_gpuForm, expected);
    m_gpuForm->run([&](Pass& pass) {
        engine::kernels::joinScales(pass, a, sizeOf(fine), b, sizeOf(coarse), to);
    });
    QCOMPARE(m_gpuForm->download(to), expected.values);
}

void VisionKernelsTest::pools()
{
    const Map x = randomMap(9, 7, 20);
    const Map expected = reference::averagePool(x, 3);
    const Tensor from = upload(*m_gpuForm, x);
    const Tensor to = output(*m_gpuForm, expected);
    m_gpuForm->run([&](Pass& pass) { engine::kernels::averagePool(pass, from, sizeOf(x), 3, to); });
    QVERIFY(tests::relativeError(m_gpuForm->download(to), expected.values) < 1e-6);
}

QTEST_GUILESS_MAIN(VisionKernelsTest)
#include "vision_test.moc"
