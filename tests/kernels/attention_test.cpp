#include <QTest>

#include "engine/kernels/attention.h"
#include "shaders/include/step_state.h"
#include "tests/reference/attention.h"
#include "tests/reference/norm.h"
#include "tests/reference/rope.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

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
};

}  // namespace

// Attention and what makes its heads ready, against the plain loops of tests/reference.
class AttentionTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void attentionMatchesReference_data();
    void attentionMatchesReference();
    void largeScoresDoNotOverflow();
    void headsAreNormalisedAndRotated_data();
    void headsAreNormalisedAndRotated();

private:
    Tensor step(std::uint32_t firstPosition);

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void AttentionTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

Tensor AttentionTest::step(std::uint32_t firstPosition)
{
    engine::shader::StepState state{};
    state.firstPosition = firstPosition;
    return m_gpu->uploadBytes(std::as_bytes(std::span(&state, 1)));
}

void AttentionTest::attentionMatchesReference_data()
{
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i)
        QTest::newRow(kCases[i].name) << i;
}

void AttentionTest::attentionMatchesReference()
{
    QFETCH(const int, index);
    const Case& c = kCases[index];
    const std::uint32_t width = c.shape.kvHeads * c.shape.headDim;
    const std::uint32_t length = c.first + c.rows;
    const auto q = tests::randomVector(std::size_t{c.rows} * c.shape.heads * c.shape.headDim, 1);
    const auto k = tests::randomVector(std::size_t{length} * width, 2);
    const auto v = tests::randomVector(std::size_t{length} * width, 3);

    // The ring holds the last positions; older ones were overwritten.
    const KvTensors cache{m_gpu->allocate(c.ringSize, width), m_gpu->allocate(c.ringSize, width)};
    const auto keys = m_gpu->view<float>(cache.keys);
    const auto values = m_gpu->view<float>(cache.values);
    for (std::size_t p = 0; p < length; ++p) {
        for (std::size_t i = 0; i < width; ++i) {
            keys[(p % c.ringSize) * cache.keys.stride + i] = k[p * width + i];
            values[(p % c.ringSize) * cache.values.stride + i] = v[p * width + i];
        }
    }
    const auto queries = m_gpu->upload(q, c.rows, c.shape.heads * c.shape.headDim);
    const auto output = m_gpu->allocate(c.rows, c.shape.heads * c.shape.headDim);
    const Tensor state = step(c.first);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::attention(pass, state, c.shape, queries, cache, output);
    });
    const auto expected = reference::attention(
        q, k, v, {c.shape.heads, c.shape.kvHeads, c.shape.headDim, c.shape.window, c.shape.scale},
        c.first);
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 1e-5);
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
    const Tensor state = step(19);
    m_gpu->run([&](Pass& pass) {
        engine::kernels::attention(pass, state, shape, queries, cache, output);
    });
    const auto expected = reference::attention(q, k, v, {1, 1, 64, 0, 1.0F}, 19);
    // Scores of some 10^4 are exact to 10^-3 in fp32, and so are the weights.
    QVERIFY(tests::relativeError(m_gpu->download(output), expected) < 5e-3);
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
    const Tensor state = step(first);
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
