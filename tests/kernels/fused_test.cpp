#include <QTest>

#include <array>
#include <cmath>
#include <numbers>

#include "engine/file/dequantize.h"
#include "engine/kernels/fused.h"
#include "engine/kernels/matformer.h"
#include "tests/reference/linear.h"
#include "tests/reference/matformer.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::file::TensorType;
using engine::gpu::Tensor;
using engine::kernels::Matrix;
using engine::kernels::Pass;
using engine::kernels::RowProduct;
using engine::kernels::Streams;

namespace {

constexpr float kEpsilon = 1e-6F;

// Only the order of sums differs from plain loops.
constexpr double kTolerance = 1e-5;

// Rows one after the other.
struct Values {
    std::vector<float> values;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;

    std::vector<float> times(const std::vector<float>& x) const
    {
        return reference::linear(values, x, columns);
    }
};

Values randomMatrix(std::uint32_t rows, std::uint32_t columns, std::uint32_t seed)
{
    return {tests::randomVector(std::size_t{rows} * columns, seed, 0.2F), rows, columns};
}

std::vector<float> sumOf(const std::vector<float>& a, const std::vector<float>& b, double factor)
{
    std::vector<float> sum(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        sum[i] = static_cast<float>((double{a[i]} + double{b[i]}) * factor);
    return sum;
}

}  // namespace

// Kernels that do several steps of a row at once, against the same references as the plain ones.
class FusedTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup() { m_gpu.reset(); }
    void init() { m_gpu = tests::GpuTest::create(); }
    void partsMatchReference_data() { addForms(); }
    void partsMatchReference();
    void partsOfOneKindShareADispatch();
    void blocksAreReadAsTheyAreStored_data();
    void blocksAreReadAsTheyAreStored();
    void gateMatchesReference_data() { addForms(); }
    void gateMatchesReference();
    void perLayerGateMatchesReference();
    void entryMatchesReference_data();
    void entryMatchesReference();
    void meetingMatchesReference_data() { addForms(); }
    void meetingMatchesReference();
    void correctionMatchesReference_data() { addForms(); }
    void correctionMatchesReference();
    void leavingMatchesReference();

private:
    static void addForms();
    void chooseForm();
    Tensor row(const std::vector<float>& values)
    {
        return m_gpu->upload(values, 1, static_cast<std::uint32_t>(values.size()));
    }
    Tensor emptyRow(std::uint32_t columns) { return m_gpu->allocate(1, columns); }
    Tensor arrivals() { return m_gpu->allocate(1, 1); }
    // Matrices side by side, as a model's are: windows of one upload, in order.
    std::vector<Matrix> matrices(const std::vector<Values>& all);
    // Rows side by side, as activations are.
    std::vector<Tensor> emptyRows(const std::vector<std::uint32_t>& columns);
    Streams streams(const std::vector<float>& values, std::uint32_t inputs, std::uint32_t hidden);
    std::vector<float> download(const Streams& streams) const;

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void FusedTest::initTestCase()
{
    if (!tests::GpuTest::create())
        QSKIP("no Vulkan device");
}

// The form for GPUs and, where the device is a processor, the one for those.
void FusedTest::addForms()
{
    QTest::addColumn<bool>("isForGpus");
    QTest::newRow("as the device has it") << false;
    QTest::newRow("for GPUs") << true;
}

void FusedTest::chooseForm()
{
    QFETCH(const bool, isForGpus);
    if (isForGpus)
        m_gpu->context().useGpuKernels();
}

std::vector<Matrix> FusedTest::matrices(const std::vector<Values>& all)
{
    const std::uint64_t alignment = m_gpu->context().limits().storageBufferAlignment;
    std::vector<std::byte> bytes;
    std::vector<std::uint64_t> offsets;
    for (const Values& matrix : all) {
        bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
        offsets.push_back(bytes.size());
        const auto more = std::as_bytes(std::span(matrix.values));
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    const Tensor whole = m_gpu->uploadBytes(bytes);
    std::vector<Matrix> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        Tensor data = whole;
        data.offset += offsets[i];
        data.bytes = all[i].values.size() * sizeof(float);
        Matrix matrix{
            TensorType::F32, all[i].rows, all[i].columns, all[i].columns * sizeof(float), {}};
        matrix.windows.push_back({data, 0, all[i].rows});
        result.push_back(std::move(matrix));
    }
    return result;
}

std::vector<Tensor> FusedTest::emptyRows(const std::vector<std::uint32_t>& columns)
{
    std::uint32_t all = 0;
    for (const std::uint32_t count : columns)
        all += engine::gpu::paddedColumns(count);
    const Tensor whole = m_gpu->allocate(1, all);
    std::vector<Tensor> rows;
    std::uint32_t first = 0;
    for (const std::uint32_t count : columns) {
        Tensor row = whole.firstColumns(count);
        row.firstElement = first;
        first += engine::gpu::paddedColumns(count);
        rows.push_back(row);
    }
    return rows;
}

Streams FusedTest::streams(const std::vector<float>& values, std::uint32_t inputs,
                           std::uint32_t hidden)
{
    Streams result;
    result.data = m_gpu->upload(values, inputs, hidden);
    result.inputs = inputs;
    result.stride = result.data.stride;
    result.data.rows = 1;
    return result;
}

std::vector<float> FusedTest::download(const Streams& streams) const
{
    std::vector<float> all;
    for (std::uint32_t i = 0; i < streams.inputs; ++i) {
        const auto one = m_gpu->download(streams.stream(i));
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

void FusedTest::partsMatchReference()
{
    chooseForm();
    const std::vector<Values> weights{randomMatrix(37, 64, 1), randomMatrix(1, 64, 2),
                                      randomMatrix(8, 32, 3), randomMatrix(16, 64, 4),
                                      randomMatrix(9, 64, 5)};
    const auto onDevice = matrices(weights);
    const auto x = tests::randomVector(64, 6);
    const Tensor input = row(x);
    const auto outputs = emptyRows({37, 1, 8, 16, 9});
    std::vector<RowProduct> products;
    for (std::size_t i = 0; i < weights.size(); ++i)
        products.push_back({&onDevice[i], input.firstColumns(weights[i].columns), outputs[i]});

    // Four fit in one.
    const auto costs =
        m_gpu->run([&](Pass& pass) { engine::kernels::linearParts(pass, products); });
    QCOMPARE(costs.dispatches, 2U);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::vector<float> used(x.begin(), x.begin() + weights[i].columns);
        QVERIFY(tests::relativeError(m_gpu->download(outputs[i]), weights[i].times(used)) <
                kTolerance);
    }
}

void FusedTest::partsOfOneKindShareADispatch()
{
    const auto near = matrices({randomMatrix(8, 32, 1), randomMatrix(8, 32, 2)});
    const auto far = matrices({randomMatrix(8, 32, 3)});
    Matrix half = near[1];
    half.type = TensorType::F16;
    half.rowBytes /= 2;
    const Tensor input = row(tests::randomVector(32, 4));
    const auto outputs = emptyRows({8, 8, 8});
    const auto dispatches = [&](const Matrix& second) {
        const std::array products{RowProduct{near.data(), input, outputs[0]},
                                  RowProduct{&second, input, outputs[1]}};
        return m_gpu->run([&](Pass& pass) { engine::kernels::linearParts(pass, products); })
            .dispatches;
    };
    QCOMPARE(dispatches(near[1]), 1U);
    QCOMPARE(dispatches(far[0]), 2U);
    QCOMPARE(dispatches(half), 2U);
}

void FusedTest::blocksAreReadAsTheyAreStored_data()
{
    QTest::addColumn<int>("type");
    for (const TensorType type :
         {TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_0, TensorType::Q4_1,
          TensorType::Q5_0, TensorType::Q5_1, TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K})
        QTest::newRow(std::string(engine::file::typeInfo(type).name).c_str())
            << static_cast<int>(type);
}

void FusedTest::blocksAreReadAsTheyAreStored()
{
    QFETCH(const int, type);
    constexpr std::uint32_t kRows = 11;
    constexpr std::uint32_t kColumns = 512;
    const auto& info = engine::file::typeInfo(static_cast<TensorType>(type));
    // Bytes below 0x3B, so that no 16-bit float in them is large or not a number.
    std::vector<std::byte> bytes(std::size_t{kRows} * kColumns / info.blockElements *
                                 info.blockBytes);
    const auto random = tests::randomIds(bytes.size(), 1, 0x3B);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(random[i]);
    std::vector<float> values(std::size_t{kRows} * kColumns);
    engine::file::dequantize(static_cast<TensorType>(type), bytes, values);

    const Matrix matrix = m_gpu->matrix(static_cast<TensorType>(type), bytes, kRows, kColumns, 5);
    const auto x = tests::randomVector(kColumns, 2);
    const Tensor output = emptyRow(kRows);
    const RowProduct product{&matrix, row(x), output};
    m_gpu->run([&](Pass& pass) { engine::kernels::linearParts(pass, std::span(&product, 1)); });
    QVERIFY(tests::relativeError(m_gpu->download(output), reference::linear(values, x, kColumns)) <
            kTolerance);
}

void FusedTest::gateMatchesReference()
{
    chooseForm();
    const Values gate = randomMatrix(43, 64, 1);
    const Values up = randomMatrix(43, 64, 2);
    const auto x = tests::randomVector(64, 3, 3.0F);
    const auto near = matrices({gate, up});
    const auto far = matrices({up});
    const Tensor input = row(x);
    for (const Matrix* second : {&near[1], far.data()}) {
        const auto outputs = emptyRows({43, 43});
        const Tensor gated = emptyRow(43);
        const auto costs = m_gpu->run([&](Pass& pass) {
            engine::kernels::linearGated(pass, {near.data(), input, outputs[0]},
                                         {second, input, outputs[1]}, gated);
        });
        QCOMPARE(costs.dispatches, second == far.data() ? 3U : 1U);
        QVERIFY(tests::relativeError(m_gpu->download(gated),
                                     reference::gatedGelu(gate.times(x), up.times(x))) <
                kTolerance);
    }
}

void FusedTest::perLayerGateMatchesReference()
{
    const Values gate = randomMatrix(43, 64, 1);
    const auto x = tests::randomVector(64, 3, 3.0F);
    const auto inputs = tests::randomVector(96, 4);
    const auto onDevice = matrices({gate});
    Tensor factor = row(inputs).firstColumns(43);
    factor.firstElement = 48;
    const Tensor output = emptyRow(43);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::linearGatedBy(pass, {onDevice.data(), row(x), output}, factor);
    });
    const std::vector<float> used(inputs.begin() + 48, inputs.begin() + 48 + 43);
    QVERIFY(tests::relativeError(m_gpu->download(output),
                                 reference::gatedGelu(gate.times(x), used)) < kTolerance);
}

void FusedTest::entryMatchesReference_data()
{
    QTest::addColumn<uint>("inputs");
    QTest::addColumn<uint>("active");
    QTest::addColumn<uint>("hidden");
    QTest::addColumn<bool>("injects");
    QTest::newRow("published") << 4U << 0U << 2048U << true;
    QTest::newRow("the first layer") << 4U << 0U << 96U << false;
    QTest::newRow("another active stream") << 3U << 2U << 52U << true;
}

void FusedTest::entryMatchesReference()
{
    QFETCH(const uint, inputs);
    QFETCH(const uint, active);
    QFETCH(const uint, hidden);
    QFETCH(const bool, injects);
    auto x = tests::randomVector(std::size_t{inputs} * hidden, 1);
    const auto z = tests::randomVector(hidden, 2);
    const auto zNorm = tests::randomVector(hidden, 3);
    const auto routerNorm = tests::randomVector(hidden, 4);
    const auto router = tests::randomVector(std::size_t{inputs} * hidden, 5, 30.0F);
    const auto coefs = tests::randomVector(std::size_t{inputs} * inputs * inputs, 6);
    const auto inputNorm = tests::randomVector(hidden, 7);

    engine::kernels::AltupEntry entry{
        {}, {}, {row(routerNorm), row(router)}, row(coefs), row(inputNorm), active, kEpsilon};
    if (injects) {
        entry.injected = row(z);
        entry.injectedNorm = row(zNorm);
    }
    const Streams streamsIn = streams(x, inputs, hidden);
    const Streams predictions =
        streams(std::vector<float>(std::size_t{inputs} * hidden), inputs, hidden);
    const Tensor normalized = emptyRow(hidden);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::altupEnter(pass, entry, streamsIn, predictions, normalized);
    });

    const auto before = x;
    const auto added = reference::rmsNorm(z, zNorm, kEpsilon);
    for (std::size_t i = hidden; injects && i < x.size(); ++i)
        x[i] += added[i % hidden];
    const reference::AltupShape shape{inputs, active, hidden};
    const std::vector<float> activeRow(x.begin() + std::ptrdiff_t{active} * hidden,
                                       x.begin() + std::ptrdiff_t{active + 1} * hidden);
    const auto modalities = reference::altupModalities(activeRow, routerNorm, router, kEpsilon);
    const auto predicted = reference::altupPredict(x, modalities, coefs, shape);
    const std::vector<float> predictedRow(predicted.begin() + std::ptrdiff_t{active} * hidden,
                                          predicted.begin() + std::ptrdiff_t{active + 1} * hidden);
    QCOMPARE(download(streamsIn), before);
    QVERIFY(tests::relativeError(download(predictions), predicted) < kTolerance);
    QVERIFY(tests::relativeError(m_gpu->download(normalized),
                                 reference::rmsNorm(predictedRow, inputNorm, kEpsilon)) <
            kTolerance);
}

void FusedTest::meetingMatchesReference()
{
    chooseForm();
    constexpr std::uint32_t kHidden = 76;
    const Values output = randomMatrix(kHidden, 64, 1);
    const Values right = randomMatrix(kHidden, 16, 2);
    const auto attended = tests::randomVector(64, 3);
    const auto lowRank = tests::randomVector(16, 4);
    const auto active = tests::randomVector(kHidden, 5);
    const auto normalized = tests::randomVector(kHidden, 6);
    const auto attentionNorm = tests::randomVector(kHidden, 7);
    const auto lowRankNorm = tests::randomVector(kHidden, 8);
    const auto nextNorm = tests::randomVector(kHidden, 9);
    const auto lau =
        sumOf(normalized, reference::rmsNorm(right.times(lowRank), lowRankNorm, kEpsilon), 1.0);
    const auto attention = reference::rmsNorm(output.times(attended), attentionNorm, kEpsilon);
    const auto h = sumOf(sumOf(active, attention, 1.0), lau, 1.0 / std::numbers::sqrt2);
    const auto next = reference::rmsNorm(h, nextNorm, kEpsilon);

    const auto near = matrices({output, right});
    const auto far = matrices({right});
    const Tensor count = arrivals();
    for (const Matrix* second : {&near[1], far.data()}) {
        const auto inputs = emptyRows({64, 16});
        std::copy(attended.begin(), attended.end(), m_gpu->view<float>(inputs[0]).begin());
        std::copy(lowRank.begin(), lowRank.end(),
                  m_gpu->view<float>(inputs[0]).begin() + inputs[1].firstElement);
        const auto products = emptyRows({kHidden, kHidden});
        const Tensor n = row(normalized);
        const Tensor y = emptyRow(kHidden);
        const auto costs = m_gpu->run([&](Pass& pass) {
            engine::kernels::linearLaurel(pass,
                                          {{near.data(), inputs[0], products[0]},
                                           {second, inputs[1], products[1]},
                                           row(active),
                                           n,
                                           row(attentionNorm),
                                           row(lowRankNorm),
                                           row(nextNorm),
                                           y,
                                           kEpsilon},
                                          count);
        });
        QCOMPARE(costs.dispatches, second == far.data() ? 2U : 1U);
        QVERIFY(tests::relativeError(m_gpu->download(y), h) < kTolerance);
        QVERIFY(tests::relativeError(m_gpu->download(n), next) < kTolerance);
        QCOMPARE(m_gpu->view<std::uint32_t>(count)[0], 0U);
    }
}

void FusedTest::correctionMatchesReference()
{
    chooseForm();
    constexpr std::uint32_t kHidden = 76;
    constexpr std::uint32_t kInputs = 4;
    constexpr std::uint32_t kActive = 1;
    const Values down = randomMatrix(kHidden, 96, 1);
    const auto gated = tests::randomVector(96, 2);
    const auto norm = tests::randomVector(kHidden, 3);
    const auto residual = tests::randomVector(kHidden, 4);
    const auto predictions = tests::randomVector(std::size_t{kInputs} * kHidden, 5);
    const auto routerNorm = tests::randomVector(kHidden, 6);
    const auto router = tests::randomVector(std::size_t{kInputs} * kHidden, 7, 30.0F);
    const auto coefs = tests::randomVector(std::size_t{kInputs} * kInputs, 8);
    const auto outputScale = tests::randomVector(kHidden, 9);
    const auto onDevice = matrices({down});
    // As much as one binding may hold, and a matrix in windows.
    Matrix inWindows = onDevice.front();
    const std::uint64_t alignment = m_gpu->context().limits().storageBufferAlignment;
    constexpr std::uint32_t kFirstRows = 64;
    QVERIFY(kFirstRows * inWindows.rowBytes % alignment == 0);
    auto rest = inWindows.windows.front();
    inWindows.windows.front().rows = kFirstRows;
    rest.data.offset += kFirstRows * inWindows.rowBytes;
    rest.data.bytes -= kFirstRows * inWindows.rowBytes;
    rest.firstRow = kFirstRows;
    rest.rows -= kFirstRows;
    inWindows.windows.push_back(rest);

    const auto act = sumOf(residual, reference::rmsNorm(down.times(gated), norm, kEpsilon), 1.0);
    const auto modalities = reference::altupModalities(act, routerNorm, router, kEpsilon);
    const auto corrected =
        reference::altupCorrect(predictions, act, modalities, coefs, {kInputs, kActive, kHidden});
    std::vector<float> scaled(kHidden);
    for (std::size_t c = 0; c < kHidden; ++c)
        scaled[c] = corrected[kActive * kHidden + c] * outputScale[c];

    const Tensor count = arrivals();
    for (const Matrix* matrix : {&onDevice.front(), static_cast<const Matrix*>(&inWindows)}) {
        const Streams out = streams(std::vector<float>(predictions.size()), kInputs, kHidden);
        const Tensor scaledRow = emptyRow(kHidden);
        m_gpu->run([&](Pass& pass) {
            engine::kernels::linearCorrect(pass,
                                           {{matrix, row(gated), emptyRow(kHidden)},
                                            row(norm),
                                            row(residual),
                                            streams(predictions, kInputs, kHidden),
                                            {row(routerNorm), row(router)},
                                            row(coefs),
                                            row(outputScale),
                                            kActive,
                                            kEpsilon,
                                            out,
                                            scaledRow},
                                           count);
        });
        QVERIFY(tests::relativeError(download(out), corrected) < kTolerance);
        QVERIFY(tests::relativeError(m_gpu->download(scaledRow), scaled) < kTolerance);
    }
}

void FusedTest::leavingMatchesReference()
{
    constexpr std::uint32_t kHidden = 76;
    constexpr std::uint32_t kOthers = 3;
    const auto first = tests::randomVector(kHidden, 1);
    const auto others = tests::randomVector(std::size_t{kOthers} * kHidden, 2, 5.0F);
    const auto norm = tests::randomVector(kHidden, 3);
    const Tensor output = emptyRow(kHidden);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::altupLeave(pass, row(first), streams(others, kOthers, kHidden), row(norm),
                                    kEpsilon, output);
    });

    std::vector<float> sum = first;
    for (std::uint32_t i = 0; i < kOthers; ++i) {
        const std::vector<float> one(others.begin() + std::ptrdiff_t{i} * kHidden,
                                     others.begin() + std::ptrdiff_t{i + 1} * kHidden);
        sum = sumOf(sum, reference::matchMagnitude(one, first, kHidden), 1.0);
    }
    for (float& value : sum)
        value /= kOthers + 1;
    QVERIFY(tests::relativeError(m_gpu->download(output), reference::rmsNorm(sum, norm, kEpsilon)) <
            kTolerance);
}

QTEST_GUILESS_MAIN(FusedTest)
#include "fused_test.moc"
