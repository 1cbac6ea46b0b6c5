#include <QTest>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/file/dequantize.h"
#include "engine/kernels/column_layout.h"
#include "engine/kernels/row_layout.h"
#include "engine/kernels/sparse.h"
#include "tests/reference/linear.h"
#include "tests/reference/matformer.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"
#include "tests/support/stored_values.h"

using engine::file::TensorType;
using engine::gpu::Tensor;
using engine::kernels::ColumnMatrix;
using engine::kernels::Matrix;
using engine::kernels::Pass;
using engine::kernels::SparseNetwork;
using engine::kernels::SparseTally;
using engine::kernels::Streams;

namespace {

constexpr float kEpsilon = 1e-6F;
constexpr std::uint32_t kInputs = 4;
constexpr std::uint32_t kActive = 1;

// Only the order of sums differs from plain loops.
constexpr double kTolerance = 2e-5;

// A matrix as a file has it, and what its numbers are.
struct Stored {
    TensorType type = TensorType::F32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::vector<std::byte> bytes;
    std::vector<float> values;
};

Stored randomMatrix(TensorType type, std::uint32_t rows, std::uint32_t columns, std::uint32_t seed)
{
    Stored matrix{type, rows, columns, {}, {}};
    const std::size_t size = std::size_t{rows} * columns;
    const auto& info = engine::file::typeInfo(type);
    if (info.blockElements == 1) {
        matrix.bytes = tests::storedValues(type, tests::randomVector(size, seed, 0.2F));
    } else {
        // Bytes below 0x3B, so that no 16-bit float in them is large or not a number.
        for (const std::uint32_t id :
             tests::randomIds(size / info.blockElements * info.blockBytes, seed, 0x3B))
            matrix.bytes.push_back(static_cast<std::byte>(id));
    }
    matrix.values.resize(size);
    engine::file::dequantize(type, matrix.bytes, matrix.values);
    return matrix;
}

// The first columns of each row.
std::vector<float> firstColumns(const Stored& matrix, std::uint32_t columns)
{
    std::vector<float> cut;
    for (std::uint32_t row = 0; row < matrix.rows; ++row) {
        const auto begin = matrix.values.begin() + std::ptrdiff_t{row} * matrix.columns;
        cut.insert(cut.end(), begin, begin + columns);
    }
    return cut;
}

// What a layer has besides the network.
struct Surroundings {
    std::uint32_t hidden;
    std::vector<float> norm = tests::randomVector(hidden, 11);
    std::vector<float> residual = tests::randomVector(hidden, 12);
    std::vector<float> predictions = tests::randomVector(std::size_t{kInputs} * hidden, 13);
    std::vector<float> routerNorm = tests::randomVector(hidden, 14);
    std::vector<float> router = tests::randomVector(std::size_t{kInputs} * hidden, 15, 30.0F);
    std::vector<float> coefs = tests::randomVector(std::size_t{kInputs} * kInputs, 16);
    std::vector<float> outputScale = tests::randomVector(hidden, 17);
};

struct Answer {
    std::vector<float> corrected;
    std::vector<float> scaled;
    SparseTally tally;
};

}  // namespace

// The network of a sparse layer, of which only those neurons' weights are read that the gate lets
// through, against the references that read all.
class SparseTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup() { m_gpu.reset(); }
    void init() { m_gpu = tests::GpuTest::create(); }
    void networkMatchesReference_data();
    void networkMatchesReference();
    void neuronsThatAreCutAreNotRead_data();
    void neuronsThatAreCutAreNotRead();
    void everyRunAddsUpTheSame();
    void talliesDoNotRunOver();
    void matricesWithoutColumnsAreNotTaken();

private:
    struct Network {
        Stored gate;
        Stored up;
        Stored down;
        std::vector<float> x;
        std::uint32_t width = 0;  // neurons in use
        float multiplier = 0.0F;

        std::vector<float> gates() const
        {
            auto all = reference::linear(gate.values, x, gate.columns);
            all.resize(width);
            return reference::gaussianTopk(all, width, multiplier);
        }
    };

    static Network networkOf(TensorType type, std::uint32_t hidden, std::uint32_t neurons);
    static Answer expected(const Network& network, const Surroundings& around);
    Answer actual(const Network& network, const Surroundings& around, std::uint32_t tallyBefore);
    Matrix matrix(const Stored& stored)
    {
        return m_gpu->matrix(stored.type, stored.bytes, stored.rows, stored.columns);
    }
    Tensor row(const std::vector<float>& values)
    {
        return m_gpu->upload(values, 1, static_cast<std::uint32_t>(values.size()));
    }
    Streams streams(const std::vector<float>& values, std::uint32_t hidden);

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void SparseTest::initTestCase()
{
    if (!tests::GpuTest::create())
        QSKIP("no Vulkan device");
}

Streams SparseTest::streams(const std::vector<float>& values, std::uint32_t hidden)
{
    Streams result;
    result.data = m_gpu->upload(values, kInputs, hidden);
    result.inputs = kInputs;
    result.stride = result.data.stride;
    result.data.rows = 1;
    return result;
}

SparseTest::Network SparseTest::networkOf(TensorType type, std::uint32_t hidden,
                                          std::uint32_t neurons)
{
    constexpr float kPublished = 1.6448536F;
    return {randomMatrix(TensorType::F32, neurons, hidden, 1),
            randomMatrix(type, neurons, hidden, 2),
            randomMatrix(type, hidden, neurons, 3),
            tests::randomVector(hidden, 4),
            neurons,
            kPublished};
}

Answer SparseTest::expected(const Network& network, const Surroundings& around)
{
    const auto gates = network.gates();
    auto ups = reference::linear(network.up.values, network.x, network.up.columns);
    ups.resize(network.width);
    const auto product = reference::linear(firstColumns(network.down, network.width),
                                           reference::gatedGelu(gates, ups), network.width);
    Answer answer;
    auto activated = reference::rmsNorm(product, around.norm, kEpsilon);
    for (std::size_t c = 0; c < around.hidden; ++c)
        activated[c] += around.residual[c];
    const auto modalities =
        reference::altupModalities(activated, around.routerNorm, around.router, kEpsilon);
    answer.corrected = reference::altupCorrect(around.predictions, activated, modalities,
                                               around.coefs, {kInputs, kActive, around.hidden});
    for (std::size_t c = 0; c < around.hidden; ++c)
        answer.scaled.push_back(answer.corrected[kActive * around.hidden + c] *
                                around.outputScale[c]);

    const auto layout = engine::kernels::columnLayout(network.down.type, network.down.rows);
    std::size_t lastBlock = SIZE_MAX;
    for (std::size_t n = 0; n < network.width; ++n) {
        if (gates[n] == 0.0F)
            continue;
        const std::size_t block = n / engine::kernels::kColumnsPerBlock;
        ++answer.tally.neurons;
        answer.tally.weightBytes += layout->columnBytes;
        answer.tally.weightBytes += block == lastBlock ? 0 : layout->scaleBytes;
        lastBlock = block;
    }
    return answer;
}

// The tally is what was added to `tallyBefore` in both low words.
Answer SparseTest::actual(const Network& network, const Surroundings& around,
                          std::uint32_t tallyBefore)
{
    const std::uint32_t hidden = around.hidden;
    const Matrix gate = matrix(network.gate);
    const Matrix up = matrix(network.up);
    const ColumnMatrix down = m_gpu->columnMatrix(network.down.type, network.down.bytes,
                                                  network.down.rows, network.down.columns);
    const Tensor x = row(network.x);
    const Tensor gated = m_gpu->allocate(1, network.width);
    const Tensor scaled = m_gpu->allocate(1, hidden);
    const Streams out = streams(std::vector<float>(around.predictions.size()), hidden);
    const engine::kernels::SparseScratch scratch{
        m_gpu->allocate(1, network.width), m_gpu->allocate(1, 1),
        m_gpu->allocate(1, engine::kernels::survivorWords(network.width)),
        m_gpu->allocate(1, engine::kernels::kSparseTallyWords), m_gpu->allocate(1, 1)};
    const auto tally = m_gpu->view<std::uint32_t>(scratch.tally);
    tally[0] = tally[2] = tallyBefore;
    const SparseNetwork sparse{{&gate, x, m_gpu->allocate(1, network.width)},
                               {&up, x, gated},
                               &down,
                               network.multiplier,
                               scratch};
    const engine::kernels::AltupCorrection correction{{nullptr, gated, m_gpu->allocate(1, hidden)},
                                                      row(around.norm),
                                                      row(around.residual),
                                                      streams(around.predictions, hidden),
                                                      {row(around.routerNorm), row(around.router)},
                                                      row(around.coefs),
                                                      row(around.outputScale),
                                                      kActive,
                                                      kEpsilon,
                                                      out,
                                                      scaled};
    const auto costs = m_gpu->run([&](Pass& pass) {
        QVERIFY(engine::kernels::canSkipNeurons(pass, sparse));
        engine::kernels::sparseGate(pass, sparse);
        engine::kernels::sparseCorrect(pass, sparse, correction);
    });
    Answer answer;
    [&] {
        QCOMPARE(costs.dispatches, 3U);
        QCOMPARE(m_gpu->view<std::uint32_t>(scratch.arrivals)[0], 0U);
    }();
    for (std::uint32_t i = 0; i < kInputs; ++i) {
        const auto one = m_gpu->download(out.stream(i));
        answer.corrected.insert(answer.corrected.end(), one.begin(), one.end());
    }
    answer.scaled = m_gpu->download(scaled);
    answer.tally = engine::kernels::readTally(tally);
    return answer;
}

void SparseTest::networkMatchesReference_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<uint>("hidden");
    QTest::addColumn<uint>("neurons");
    QTest::addColumn<uint>("width");
    QTest::addColumn<float>("multiplier");
    QTest::addColumn<bool>("isForGpus");
    constexpr float kPublished = 1.6448536F;
    const auto add = [](const char* name, TensorType type, uint hidden, uint neurons, uint width,
                        float multiplier) {
        for (const bool isForGpus : {false, true})
            QTest::addRow("%s, %s", name, isForGpus ? "for GPUs" : "as the device has it")
                << static_cast<int>(type) << hidden << neurons << width << multiplier << isForGpus;
    };
    for (const TensorType type :
         {TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_0,
          TensorType::Q4_1, TensorType::Q5_0, TensorType::Q5_1})
        add(std::string(engine::file::typeInfo(type).name).c_str(), type, 96, 288, 288, kPublished);
    for (const TensorType type : {TensorType::Q4_K, TensorType::Q5_K, TensorType::Q6_K})
        add(std::string(engine::file::typeInfo(type).name).c_str(), type, 256, 512, 512,
            kPublished);
    add("odd widths", TensorType::F32, 76, 203, 203, kPublished);
    add("a narrower slice", TensorType::Q4_0, 96, 288, 160, kPublished);
    add("a single neuron", TensorType::F32, 8, 1, 1, -1.0F);
    add("nothing survives", TensorType::Q4_0, 96, 288, 288, 50.0F);
    add("all survive", TensorType::Q4_0, 96, 288, 288, -50.0F);
}

void SparseTest::networkMatchesReference()
{
    QFETCH(const int, type);
    QFETCH(const uint, hidden);
    QFETCH(const uint, neurons);
    QFETCH(const uint, width);
    QFETCH(const float, multiplier);
    QFETCH(const bool, isForGpus);
    if (isForGpus)
        m_gpu->context().useGpuKernels();
    Network network = networkOf(static_cast<TensorType>(type), hidden, neurons);
    network.width = width;
    network.multiplier = multiplier;
    const Surroundings around{hidden};
    const Answer wanted = expected(network, around);
    const Answer answer = actual(network, around, 0);
    QVERIFY(tests::relativeError(answer.corrected, wanted.corrected) < kTolerance);
    QVERIFY(tests::relativeError(answer.scaled, wanted.scaled) < kTolerance);

    const std::uint64_t upBytes = engine::kernels::rowLayout(network.up.type, hidden).bytes;
    QCOMPARE(answer.tally.neurons, wanted.tally.neurons);
    QCOMPARE(answer.tally.weightBytes, wanted.tally.weightBytes + wanted.tally.neurons * upBytes);
}

void SparseTest::neuronsThatAreCutAreNotRead_data()
{
    QTest::addColumn<bool>("isForGpus");
    QTest::newRow("as the device has it") << false;
    QTest::newRow("for GPUs") << true;
}

// Were they, what they hold would spoil all.
void SparseTest::neuronsThatAreCutAreNotRead()
{
    QFETCH(const bool, isForGpus);
    if (isForGpus)
        m_gpu->context().useGpuKernels();
    Network network = networkOf(TensorType::F32, 64, 300);
    const Surroundings around{64};
    const Answer wanted = expected(network, around);
    const auto gates = network.gates();
    const auto spoil = [](Stored& stored, std::size_t element) {
        const float notANumber = std::numeric_limits<float>::quiet_NaN();
        std::memcpy(stored.bytes.data() + element * sizeof(float), &notANumber, sizeof(float));
    };
    for (std::size_t n = 0; n < network.width; ++n) {
        for (std::size_t i = 0; i < around.hidden && gates[n] == 0.0F; ++i) {
            spoil(network.up, n * around.hidden + i);
            spoil(network.down, i * network.width + n);
        }
    }
    const Answer answer = actual(network, around, 0);
    QVERIFY(tests::relativeError(answer.corrected, wanted.corrected) < kTolerance);
}

void SparseTest::everyRunAddsUpTheSame()
{
    m_gpu->context().useGpuKernels();  // which share a sum among lanes
    const Network network = networkOf(TensorType::Q4_0, 96, 288);
    const Surroundings around{96};
    QCOMPARE(actual(network, around, 0).corrected, actual(network, around, 0).corrected);
}

void SparseTest::talliesDoNotRunOver()
{
    const Network network = networkOf(TensorType::Q4_0, 96, 288);
    const Surroundings around{96};
    const SparseTally one = actual(network, around, 0).tally;
    QVERIFY(one.neurons > 0);
    constexpr std::uint32_t kBefore = UINT32_MAX - 3;
    const SparseTally two = actual(network, around, kBefore).tally;
    QCOMPARE(two.neurons - kBefore, one.neurons);
    QCOMPARE(two.weightBytes - std::uint64_t{kBefore} * 16, one.weightBytes);
}

void SparseTest::matricesWithoutColumnsAreNotTaken()
{
    const Network network = networkOf(TensorType::F32, 8, 64);
    const Matrix gate = matrix(network.gate);
    const Matrix inWindows =
        m_gpu->matrix(network.up.type, network.up.bytes, network.up.rows, network.up.columns, 16);
    const ColumnMatrix down = m_gpu->columnMatrix(network.down.type, network.down.bytes,
                                                  network.down.rows, network.down.columns);
    const ColumnMatrix none;
    const Tensor x = row(network.x);
    const Tensor y = m_gpu->allocate(1, 64);
    m_gpu->run([&](Pass& pass) {
        const auto canSkip = [&](const Matrix& up, const ColumnMatrix& columns) {
            return engine::kernels::canSkipNeurons(
                pass, {{&gate, x, y}, {&up, x, y}, &columns, 1.0F, {}});
        };
        QVERIFY(canSkip(gate, down));
        QVERIFY(!canSkip(gate, none));
        QVERIFY(!canSkip(inWindows, down));
    });
}

QTEST_GUILESS_MAIN(SparseTest)
#include "sparse_test.moc"
