#include <QTest>

#include <algorithm>
#include <cmath>

#include "engine/base/half.h"
#include "engine/kernels/attention.h"
#include "shaders/include/step_state.h"
#include "tests/reference/attention.h"
#include "tests/reference/norm.h"
#include "tests/reference/rope.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::file::TensorType;
using engine::gpu::Tensor;
using engine::kernels::AttentionShape;
using engine::kernels::KvTensors;
using engine::kernels::Pass;

namespace {

struct Case {
    const char* name;
    AttentionShape shape;
    std::uint32_t first;  // position of the first query
    std::uint32_t rows;
    std::uint32_t ringSize;  // of the cache
};

constexpr Case kCases[] = {
    {"the first token", {4, 2, 64, 0, 1.0F}, 0, 1, 32},
    {"a prefill chunk", {4, 2, 64, 0, 1.0F}, 0, 33, 64},
    {"a later token", {8, 2, 256, 0, 1.0F}, 40, 1, 64},
    {"six heads on three", {6, 3, 48, 13, 1.0F}, 20, 9, 64},
    {"heads that are no vectors of 4", {4, 2, 18, 0, 1.0F}, 10, 3, 16},
    {"scaled, one key head", {4, 1, 256, 0, 0.0625F}, 5, 3, 16},
    {"a window in a ring", {4, 2, 32, 16, 1.0F}, 100, 5, 32},
    {"a window larger than what there is", {4, 2, 32, 512, 1.0F}, 3, 4, 16},
    {"sixteen heads on two", {16, 2, 16, 0, 1.0F}, 3, 3, 8},
    {"five heads on one", {5, 1, 24, 0, 1.0F}, 17, 2, 24},
    // Rings begin anew within a tile of keys, at its edge, and windows of a key and of all the
    // ring.
    {"a ring that begins anew after 13", {4, 2, 32, 11, 1.0F}, 70, 3, 13},
    {"a ring and windows of whole tiles", {4, 2, 32, 16, 1.0F}, 63, 2, 24},
    {"a window of one key", {4, 2, 32, 1, 1.0F}, 9, 2, 16},
    {"a window of all the ring", {4, 2, 32, 24, 1.0F}, 101, 1, 24},
    {"a long context", {4, 2, 32, 0, 1.0F}, 1200, 2, 1300},
};

// What attention is asked about, in numbers that the cache can hold.
struct Inputs {
    Inputs(const AttentionShape& attentionShape, std::uint32_t rows, std::uint32_t positions,
           bool isHalf)
        : shape(attentionShape)
        , type(isHalf ? TensorType::F16 : TensorType::F32)
        , queries(tests::randomVector(std::size_t{rows} * shape.heads * shape.headDim, 1))
        , keys(tests::randomVector(std::size_t{positions} * width(), 2))
        , values(tests::randomVector(std::size_t{positions} * width(), 3))
    {
        if (!isHalf)
            return;
        for (auto* cached : {&keys, &values}) {
            for (float& value : *cached)
                value = engine::halfToFloat(engine::floatToHalf(value));
        }
    }

    std::uint32_t width() const { return shape.kvHeads * shape.headDim; }

    std::vector<float> expected(std::uint32_t firstPosition) const
    {
        return reference::attention(
            queries, keys, values,
            {shape.heads, shape.kvHeads, shape.headDim, shape.window, shape.scale}, firstPosition);
    }

    AttentionShape shape;
    TensorType type;
    std::vector<float> queries;
    std::vector<float> keys;
    std::vector<float> values;
};

}  // namespace

// Attention and what makes its heads ready, against the plain loops of tests/reference.
class AttentionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void attentionMatchesReference_data();
    void attentionMatchesReference();
    void oneTokenMatchesReference_data();
    void oneTokenMatchesReference();
    void largeScoresDoNotOverflow();
    void halvesAreWhatIsStored();
    void headsAreNormalisedAndRotated_data();
    void headsAreNormalisedAndRotated();

private:
    static Tensor step(tests::GpuTest& gpu, std::uint32_t firstPosition);
    static KvTensors cacheOf(tests::GpuTest& gpu, const Inputs& inputs, const Case& c);
    // Positions [0, values / width) in a ring, of which the last remain.
    static Tensor ring(tests::GpuTest& gpu, const std::vector<float>& values,
                       std::uint32_t slotCount, std::uint32_t width, TensorType type);

    std::unique_ptr<tests::GpuTest> m_gpu;
    std::unique_ptr<tests::GpuTest> m_gpuForms;  // of kernels, whatever the device
};

void AttentionTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
    m_gpuForms = tests::GpuTest::create();
    m_gpuForms->context().useGpuKernels();
}

Tensor AttentionTest::step(tests::GpuTest& gpu, std::uint32_t firstPosition)
{
    engine::shader::StepState state{};
    state.firstPosition = firstPosition;
    return gpu.uploadBytes(std::as_bytes(std::span(&state, 1)));
}

KvTensors AttentionTest::cacheOf(tests::GpuTest& gpu, const Inputs& inputs, const Case& c)
{
    return {ring(gpu, inputs.keys, c.ringSize, inputs.width(), inputs.type),
            ring(gpu, inputs.values, c.ringSize, inputs.width(), inputs.type), inputs.type};
}

Tensor AttentionTest::ring(tests::GpuTest& gpu, const std::vector<float>& values,
                           std::uint32_t slotCount, std::uint32_t width, TensorType type)
{
    const std::size_t stride = engine::gpu::paddedColumns(width);
    std::vector<float> all(slotCount * stride);
    for (std::size_t i = 0; i < values.size(); ++i)
        all[(i / width) % slotCount * stride + i % width] = values[i];
    std::vector<std::uint16_t> halves(all.size());
    std::transform(all.begin(), all.end(), halves.begin(), engine::floatToHalf);
    Tensor tensor = gpu.uploadBytes(type == TensorType::F16 ? std::as_bytes(std::span(halves))
                                                            : std::as_bytes(std::span(all)));
    tensor.rows = slotCount;
    tensor.columns = width;
    tensor.stride = static_cast<std::uint32_t>(stride);
    return tensor;
}

void AttentionTest::attentionMatchesReference_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("isHalf");
    QTest::addColumn<bool>("isForGpus");
    for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i) {
        QTest::newRow(kCases[i].name) << i << false << false;
        if (kCases[i].rows > 3 && kCases[i].shape.headDim % 8 == 0)
            QTest::addRow("%s, halves", kCases[i].name) << i << true << false;
    }
    constexpr int kChunk = 1;
    QTest::newRow("a prefill chunk, halves, for GPUs") << kChunk << true << true;
}

void AttentionTest::attentionMatchesReference()
{
    QFETCH(const int, index);
    QFETCH(const bool, isHalf);
    QFETCH(const bool, isForGpus);
    const Case& c = kCases[index];
    const Inputs inputs(c.shape, c.rows, c.first + c.rows, isHalf);
    tests::GpuTest& gpu = isForGpus ? *m_gpuForms : *m_gpu;
    const KvTensors cache = cacheOf(gpu, inputs, c);
    const auto queries = gpu.upload(inputs.queries, c.rows, c.shape.heads * c.shape.headDim);
    const auto output = gpu.allocate(c.rows, c.shape.heads * c.shape.headDim);
    const Tensor state = step(gpu, c.first);
    gpu.run([&](Pass& pass) {
        engine::kernels::attention(pass, state, c.shape, queries, cache, output);
    });
    QVERIFY(tests::relativeError(gpu.download(output), inputs.expected(c.first)) < 1e-5);
}

void AttentionTest::oneTokenMatchesReference_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<bool>("isHalf");
    QTest::addColumn<bool>("isForGpus");
    const auto add = [](std::size_t index, bool isHalf, bool isForGpus) {
        QTest::addRow("%s%s%s", kCases[index].name, isHalf ? ", halves" : "",
                      isForGpus ? ", for GPUs" : "")
            << static_cast<int>(index) << isHalf << isForGpus;
    };
    // Conversations have halves, where a head is whole units of them.
    for (std::size_t i = 0; i < std::size(kCases); ++i)
        add(i, kCases[i].shape.headDim % 8 == 0, false);
    constexpr std::size_t kSixHeads = 3;
    add(kSixHeads, false, false);
    add(kSixHeads, false, true);
    add(kSixHeads, true, true);
}

// The last token of each case, whatever the number of workgroups that share its keys.
void AttentionTest::oneTokenMatchesReference()
{
    QFETCH(const int, index);
    QFETCH(const bool, isHalf);
    QFETCH(const bool, isForGpus);
    const Case& c = kCases[index];
    const std::uint32_t position = c.first + c.rows - 1;
    const Inputs inputs(c.shape, 1, position + 1, isHalf);
    const auto expected = inputs.expected(position);

    tests::GpuTest& gpu = isForGpus ? *m_gpuForms : *m_gpu;
    const Tensor state = step(gpu, position);
    const KvTensors cache = cacheOf(gpu, inputs, c);
    const auto queries = gpu.upload(inputs.queries, 1, c.shape.heads * c.shape.headDim);
    constexpr std::uint32_t kMostSplits = 11;
    const engine::kernels::SplitScratch scratch{
        gpu.allocate(kMostSplits * c.shape.heads, c.shape.headDim + 4),
        gpu.allocate(1, c.shape.heads)};
    for (const std::uint32_t splits : {1U, 3U, kMostSplits}) {
        const auto output = gpu.allocate(1, c.shape.heads * c.shape.headDim);
        gpu.run([&](Pass& pass) {
            engine::kernels::attentionSplit(pass, state, c.shape, queries, cache, splits, scratch,
                                            output);
        });
        QVERIFY(tests::relativeError(gpu.download(output), expected) < 1e-5);
        for (const std::uint32_t arrival : gpu.view<std::uint32_t>(scratch.arrivals))
            QCOMPARE(arrival, 0U);
    }
    const auto plain = gpu.allocate(1, c.shape.heads * c.shape.headDim);
    gpu.run([&](Pass& pass) {
        engine::kernels::attention(pass, state, c.shape, queries, cache, plain);
    });
    QVERIFY(tests::relativeError(gpu.download(plain), expected) < 1e-5);
}

// Queries and keys are normalised with learned weights and the scale is 1: scores reach hundreds.
void AttentionTest::largeScoresDoNotOverflow()
{
    const AttentionShape shape{1, 1, 64, 0, 1.0F};
    const auto q = tests::randomVector(64, 4, 40.0F);
    const auto k = tests::randomVector(std::size_t{20} * 64, 5, 40.0F);
    const auto v = tests::randomVector(std::size_t{20} * 64, 6);
    const KvTensors cache{m_gpu->upload(k, 20, 64), m_gpu->upload(v, 20, 64)};
    const auto queries = m_gpu->upload(q, 1, 64);
    const auto output = m_gpu->allocate(1, 64);
    const Tensor state = step(*m_gpu, 19);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::attention(pass, state, shape, queries, cache, output);
    });
    const auto expected = reference::attention(q, k, v, {1, 1, 64, 0, 1.0F}, 19);
    // Scores of some 10^4 are exact to 10^-3 in fp32, and so are the weights.
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 5e-3);
}

// Of the same keys and values a cache in 16 bits holds what one in 32 bits does, rounded.
void AttentionTest::halvesAreWhatIsStored()
{
    constexpr std::uint32_t kRows = 3;
    constexpr std::uint32_t kHeadDim = 24;
    const AttentionShape shape{2, 2, kHeadDim, 0, 1.0F};
    const std::uint32_t width = shape.kvHeads * kHeadDim;
    const auto q = tests::randomVector(std::size_t{kRows} * width, 1);
    const auto k = tests::randomVector(std::size_t{kRows} * width, 2);
    // No 16-bit float is as large as the first.
    auto v = tests::randomVector(std::size_t{kRows} * width, 3);
    v[0] = 1e6F;
    const engine::kernels::HeadNorms norms{
        m_gpu->upload(tests::randomVector(kHeadDim, 4), 1, kHeadDim),
        m_gpu->upload(tests::randomVector(kHeadDim, 5), 1, kHeadDim), 1e-6F, false};
    const Tensor state = step(*m_gpu, 2);
    const auto cacheOf = [&](TensorType type) {
        const std::vector<float> none(std::size_t{8} * width);
        KvTensors cache{ring(*m_gpu, none, 8, width, type), ring(*m_gpu, none, 8, width, type),
                        type};
        const engine::kernels::QkvTensors qkv{m_gpu->upload(q, kRows, width),
                                              m_gpu->upload(k, kRows, width),
                                              m_gpu->upload(v, kRows, width)};
        m_gpu->run([&](Pass& pass) {
            engine::kernels::qkvNormRope(pass, state, shape, {1e4F, 1.0F}, norms, qkv, cache);
        });
        return cache;
    };
    const KvTensors single = cacheOf(TensorType::F32);
    const KvTensors half = cacheOf(TensorType::F16);
    for (const auto member : {&KvTensors::keys, &KvTensors::values}) {
        const auto floats = m_gpu->view<float>(single.*member);
        const auto halves = m_gpu->view<std::uint16_t>(half.*member);
        for (std::size_t i = 0; i < std::size_t{8} * single.keys.stride; ++i) {
            const float expected = std::clamp(floats[i], -65504.0F, 65504.0F);
            // Half of the last of eleven bits, however the driver rounds; or all of it.
            QVERIFY(std::abs(engine::halfToFloat(halves[i]) - expected) <=
                    std::abs(expected) / 1024.0F + 1e-7F);
        }
    }
}

void AttentionTest::headsAreNormalisedAndRotated_data()
{
    QTest::addColumn<uint>("first");
    QTest::addColumn<uint>("rows");
    QTest::addColumn<uint>("headDim");
    QTest::addColumn<bool>("normalizesValues");
    QTest::newRow("the start") << 0U << 3U << 64U << true;
    QTest::newRow("a wide head") << 7U << 1U << 256U << true;
    QTest::newRow("no multiple of a subgroup") << 500U << 2U << 48U << true;
    QTest::newRow("Gemma 3 leaves values") << 3U << 2U << 64U << false;
    QTest::newRow("far away") << 32000U << 2U << 256U << true;
}

void AttentionTest::headsAreNormalisedAndRotated()
{
    QFETCH(const uint, first);
    QFETCH(const uint, rows);
    QFETCH(const uint, headDim);
    QFETCH(const bool, normalizesValues);
    const std::uint32_t heads = 4;
    const std::uint32_t kvHeads = 2;
    const std::uint32_t ringSize = 16;
    const float theta = 1e4F;
    const auto q = tests::randomVector(std::size_t{rows} * heads * headDim, 1);
    const auto k = tests::randomVector(std::size_t{rows} * kvHeads * headDim, 2);
    const auto v = tests::randomVector(std::size_t{rows} * kvHeads * headDim, 3);
    const auto queryNorm = tests::randomVector(headDim, 4);
    const auto keyNorm = tests::randomVector(headDim, 5);

    const engine::kernels::QkvTensors qkv{m_gpu->upload(q, rows, heads * headDim),
                                          m_gpu->upload(k, rows, kvHeads * headDim),
                                          m_gpu->upload(v, rows, kvHeads * headDim)};
    const engine::kernels::HeadNorms norms{m_gpu->upload(queryNorm, 1, headDim),
                                           m_gpu->upload(keyNorm, 1, headDim), 1e-6F,
                                           normalizesValues};
    const KvTensors cache{m_gpu->allocate(ringSize, kvHeads * headDim),
                          m_gpu->allocate(ringSize, kvHeads * headDim)};
    const AttentionShape shape{heads, kvHeads, headDim, 0, 1.0F};
    const Tensor state = step(*m_gpu, first);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::qkvNormRope(pass, state, shape, {theta, 1.0F}, norms, qkv, cache);
    });

    const auto expectedQueries =
        reference::rope(reference::rmsNorm(q, queryNorm, 1e-6F), heads, headDim, first, theta);
    const auto expectedKeys =
        reference::rope(reference::rmsNorm(k, keyNorm, 1e-6F), kvHeads, headDim, first, theta);
    const auto expectedValues = normalizesValues ? reference::rmsNorm(v, headDim, 1e-6F) : v;
    // Angles are fp32: at position 32,000 they are known to some 2·10^-3, as in the published
    // model.
    const double tolerance = first > 1000 ? 5e-3 : 5e-5;
    QVERIFY(tests::relativeError(m_gpu->download(qkv.queries), expectedQueries) < tolerance);
    for (std::uint32_t row = 0; row < rows; ++row) {
        const auto slot = (first + row) % ringSize;
        const std::size_t width = std::size_t{kvHeads} * headDim;
        const auto keys = m_gpu->download(cache.keys.rowsFrom(slot, 1));
        const auto values = m_gpu->download(cache.values.rowsFrom(slot, 1));
        QVERIFY(tests::relativeError(keys, std::span(expectedKeys).subspan(row * width, width)) <
                tolerance);
        QVERIFY(tests::relativeError(values,
                                     std::span(expectedValues).subspan(row * width, width)) < 1e-5);
    }
}

QTEST_GUILESS_MAIN(AttentionTest)
#include "attention_test.moc"
