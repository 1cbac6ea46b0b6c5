#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/kernels/sampling.h"
#include "shaders/include/step_state.h"
#include "tests/reference/linear.h"
#include "tests/reference/sampling.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::SamplingOptions;
using engine::kernels::Pass;
using engine::shader::StepResult;
using engine::shader::StepState;

// The draw of the device against the candidates of tests/reference.
class SamplingTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void softcapMatchesReference();
    void drawsFromTheReferencesCandidates_data();
    void drawsFromTheReferencesCandidates();
    void equalLogitsGoByRisingId();
    void theLikeliestShareTheColdestDraw();
    void aNotANumberIsCounted();

private:
    StepResult draw(std::span<const float> logits, std::span<const std::uint32_t> history,
                    const SamplingOptions& options, float pick);

    std::unique_ptr<tests::GpuTest> m_gpu;
};

void SamplingTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
}

StepResult SamplingTest::draw(std::span<const float> logits, std::span<const std::uint32_t> history,
                              const SamplingOptions& options, float pick)
{
    const auto vocabulary = static_cast<std::uint32_t>(logits.size());
    const StepState state{
        .firstPosition = 0,
        .topK = options.temperature == 0.0F ? 1 : options.topK,
        .inverseTemperature = options.temperature == 0.0F ? 0.0F : 1.0F / options.temperature,
        .topP = options.topP,
        .minP = options.minP,
        .repetitionPenalty = options.repetitionPenalty,
        .pick = pick,
    };
    std::vector<std::uint32_t> seen((vocabulary + 31) / 32);
    for (const std::uint32_t id : history)
        seen[id / 32] |= 1U << (id % 32);
    const StepResult empty{engine::shader::kNoToken, 0.0F, 0.0F, 0};
    const engine::kernels::SamplingTensors tensors{
        m_gpu->uploadBytes(std::as_bytes(std::span(&state, 1))),
        m_gpu->uploadBytes(std::as_bytes(std::span(seen))), m_gpu->upload(logits, 1, vocabulary),
        m_gpu->allocate(1, engine::kernels::slicesOf(vocabulary)),
        m_gpu->uploadBytes(std::as_bytes(std::span(&empty, 1)))};
    m_gpu->run([&](Pass& pass) { engine::kernels::sample(pass, tensors); });
    return m_gpu->view<StepResult>(tensors.result)[0];
}

void SamplingTest::softcapMatchesReference()
{
    auto logits = tests::randomVector(3000, 1, 100.0F);
    const auto tensor = m_gpu->upload(logits, 2, 1500);
    m_gpu->run([&](Pass& pass) { engine::kernels::softcap(pass, tensor, 30.0F); });
    QVERIFY(tests::relativeError(m_gpu->download(tensor), reference::softcap(logits, 30.0F)) <
            1e-6);
}

void SamplingTest::drawsFromTheReferencesCandidates_data()
{
    QTest::addColumn<uint>("vocabulary");
    QTest::addColumn<float>("temperature");
    QTest::addColumn<uint>("topK");
    QTest::addColumn<float>("topP");
    QTest::addColumn<float>("minP");
    QTest::addColumn<float>("penalty");
    QTest::newRow("greedy") << 2048U << 0.0F << 64U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("greedy, penalised") << 2048U << 0.0F << 64U << 1.0F << 0.0F << 1.7F;
    QTest::newRow("one id") << 1U << 1.0F << 64U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("fewer ids than k") << 5U << 1.0F << 64U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("a slice and one") << 65U << 0.7F << 64U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("top-k 5") << 2048U << 1.0F << 5U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("the most candidates") << 4000U << 2.0F << 256U << 1.0F << 0.0F << 1.0F;
    QTest::newRow("top-p") << 2048U << 1.0F << 64U << 0.5F << 0.0F << 1.0F;
    QTest::newRow("min-p") << 2048U << 1.0F << 64U << 1.0F << 0.2F << 1.0F;
    QTest::newRow("all of them") << 2048U << 0.8F << 40U << 0.9F << 0.05F << 1.3F;
    QTest::newRow("the published vocabulary") << 262144U << 1.0F << 64U << 0.95F << 0.0F << 1.1F;
}

// Where in the distribution the draw falls is given, so that the drawn candidate is known.
void SamplingTest::drawsFromTheReferencesCandidates()
{
    QFETCH(const uint, vocabulary);
    QFETCH(const float, temperature);
    QFETCH(const uint, topK);
    QFETCH(const float, topP);
    QFETCH(const float, minP);
    QFETCH(const float, penalty);
    SamplingOptions options;
    options.temperature = temperature;
    options.topK = topK;
    options.topP = topP;
    options.minP = minP;
    options.repetitionPenalty = penalty;
    const auto logits = tests::randomVector(vocabulary, 11, 12.0F);
    const std::vector<std::uint32_t> history =
        tests::randomIds(std::min(vocabulary, 300U), 12, vocabulary);
    const auto candidates = reference::candidates(logits, history, options);

    for (std::size_t i = 0; i < candidates.size(); i += 1 + i / 4) {
        double reached = 0.0;
        for (std::size_t j = 0; j < i; ++j)
            reached += candidates[j].probability;
        if (candidates[i].probability < 1e-5)
            break;  // such a share is too small to be aimed at in float32
        // The middle of the candidate's share, far from where rounding decides.
        const auto pick = static_cast<float>(reached + candidates[i].probability / 2);
        const StepResult result = draw(logits, history, options, pick);
        QCOMPARE(result.token, candidates[i].id);
        QCOMPARE(result.notANumber, 0U);
        QVERIFY(std::abs(result.probability - candidates[i].probability) < 1e-4);
    }
    // The last number below 1 draws one of the last candidates.
    const std::uint32_t last = draw(logits, history, options, 0x1.fffffep-1F).token;
    double behind = 1.0;
    for (std::size_t i = 0; i < candidates.size() && candidates[i].id != last; ++i)
        behind -= candidates[i].probability;
    QVERIFY(std::any_of(candidates.begin(), candidates.end(),
                        [last](const auto& candidate) { return candidate.id == last; }));
    QVERIFY(behind < 1e-4 || last == candidates.back().id);
}

void SamplingTest::equalLogitsGoByRisingId()
{
    SamplingOptions options;
    options.temperature = 0.0F;
    const std::vector<float> logits(500, 1.0F);
    QCOMPARE(draw(logits, {}, options, 0.5F).token, 0U);
    options.temperature = 1.0F;
    options.topK = 100;
    options.topP = 1.0F;
    QCOMPARE(draw(logits, {}, options, 0.995F).token, 99U);
}

// The inverse of this temperature is infinite. Compilers make such factors of large ones, too: with
// the logarithm by which they turn exp into exp2.
void SamplingTest::theLikeliestShareTheColdestDraw()
{
    SamplingOptions options;
    options.temperature = std::numeric_limits<float>::denorm_min();
    options.topP = 1.0F;
    auto logits = tests::randomVector(300, 5);
    logits[70] = logits[200] = 9.0F;
    for (const float pick : {0.0F, 0.4F, 0.6F, 0.9F}) {
        const StepResult result = draw(logits, {}, options, pick);
        QCOMPARE(result.token, pick < 0.5F ? 70U : 200U);
        QCOMPARE(result.probability, 0.5F);
    }
}

void SamplingTest::aNotANumberIsCounted()
{
    SamplingOptions options;
    auto logits = tests::randomVector(200, 1);
    logits[7] = std::numeric_limits<float>::quiet_NaN();
    logits[150] = std::numeric_limits<float>::quiet_NaN();
    QCOMPARE(draw(logits, {}, options, 0.5F).notANumber, 2U);
    logits[150] = std::numeric_limits<float>::infinity();
    const StepResult result = draw(logits, {}, options, 0.5F);
    QCOMPARE(result.notANumber, 1U);
    QCOMPARE(result.token, 150U);
}

QTEST_GUILESS_MAIN(SamplingTest)
#include "sampling_test.moc"
