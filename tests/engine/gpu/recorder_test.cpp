#include <QElapsedTimer>
#include <QTest>

#include <array>
#include <cstring>

#include "engine/gpu/recorder.h"
#include "engine/kernels/shader_code.h"
#include "shaders/norm/rms_norm_params.h"
#include "tests/reference/norm.h"
#include "tests/support/comparison.h"
#include "tests/support/gpu_test.h"
#include "tests/support/random_data.h"

using engine::gpu::Arena;
using engine::gpu::CommandBuffer;
using engine::gpu::MemoryUse;
using engine::gpu::Module;
using engine::gpu::Recorder;
using engine::gpu::Stopwatch;
using engine::gpu::Tensor;

namespace {

constexpr std::uint32_t kWidth = 64;

}  // namespace

// Barriers stand where one command needs what another did, and nowhere else. The validation layer
// checks that none is missing.
class RecorderTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void independentDispatchesNeedNoBarrier();
    void readingWhatWasWrittenNeedsOne();
    void writingWhatWasReadNeedsOne();
    void writingTwiceNeedsOne();
    void readingTwiceNeedsNone();
    void oneBarrierServesAllBeforeIt();
    void copiesCount();
    void neighboursInOneArenaDoNotMeet();
    void commandsCanBeSubmittedAgain();
    void recordingAnewForgetsTheOld();
    void aStopwatchTimesEachDispatch();

private:
    void norm(Recorder& recorder, const Tensor& from, const Tensor& to) const;
    Tensor place(std::uint32_t seed);
    std::vector<float> valuesOf(const Tensor& tensor) const;
    void submit();

    std::unique_ptr<tests::GpuTest> m_gpu;
    std::unique_ptr<Module> m_norm;
    std::unique_ptr<Arena> m_arena;
    std::unique_ptr<CommandBuffer> m_commands;
    Tensor m_weight;
};

void RecorderTest::initTestCase()
{
    m_gpu = tests::GpuTest::create();
    if (!m_gpu)
        QSKIP("no Vulkan device");
    auto norm = Module::create(m_gpu->context(),
                               engine::kernels::shaderCode(engine::kernels::Kernel::RmsNorm, {}),
                               std::vector<engine::gpu::Constant>{{0, 8}});
    QVERIFY(norm);
    m_norm = *std::move(norm);
}

void RecorderTest::init()
{
    auto arena = Arena::create(m_gpu->context(), std::uint64_t{64} << 10U, MemoryUse::HostRead);
    QVERIFY(arena);
    m_arena = *std::move(arena);
    QVERIFY(m_arena->clear());
    auto commands = CommandBuffer::create(m_gpu->context());
    QVERIFY(commands);
    m_commands = *std::move(commands);
    QVERIFY(m_commands->begin());
    m_weight = place(1);
}

// A row of values in the arena.
Tensor RecorderTest::place(std::uint32_t seed)
{
    const Tensor tensor = m_arena->place(1, kWidth);
    const auto values = tests::randomVector(kWidth, seed);
    std::memcpy(m_arena->mapped().data() + tensor.offset, values.data(), kWidth * sizeof(float));
    return tensor;
}

std::vector<float> RecorderTest::valuesOf(const Tensor& tensor) const
{
    std::vector<float> values(kWidth);
    std::memcpy(values.data(), m_arena->mapped().data() + tensor.offset, kWidth * sizeof(float));
    return values;
}

void RecorderTest::norm(Recorder& recorder, const Tensor& from, const Tensor& to) const
{
    engine::shader::RmsNormParams params{};
    params.width = kWidth;
    params.inputStride = kWidth;
    params.outputStride = kWidth;
    params.epsilon = 1e-6F;
    const std::array tensors{from, m_weight, to};
    recorder.dispatch(*m_norm, tensors, std::as_bytes(std::span(&params, 1)), {});
}

void RecorderTest::submit()
{
    QVERIFY(m_commands->submitAndWait());
}

void RecorderTest::independentDispatchesNeedNoBarrier()
{
    Recorder recorder(*m_commands);
    norm(recorder, place(2), place(3));
    norm(recorder, place(4), place(5));
    QCOMPARE(recorder.dispatches(), 2U);
    QCOMPARE(recorder.barriers(), 0U);
    submit();
}

void RecorderTest::readingWhatWasWrittenNeedsOne()
{
    const Tensor input = place(2);
    const Tensor middle = place(3);
    const Tensor output = place(4);
    Recorder recorder(*m_commands);
    norm(recorder, input, middle);
    norm(recorder, middle, output);
    QCOMPARE(recorder.barriers(), 1U);
    submit();
    const auto weight = valuesOf(m_weight);
    const auto once = reference::rmsNorm(valuesOf(input), weight, 1e-6F);
    const auto twice = reference::rmsNorm(once, weight, 1e-6F);
    // Sums of 64 terms in fp32.
    QVERIFY(tests::relativeError(valuesOf(middle), once) < 1e-6);
    QVERIFY(tests::relativeError(valuesOf(output), twice) < 1e-6);
}

void RecorderTest::writingWhatWasReadNeedsOne()
{
    const Tensor shared = place(2);
    Recorder recorder(*m_commands);
    norm(recorder, shared, place(3));
    norm(recorder, place(4), shared);
    QCOMPARE(recorder.barriers(), 1U);
    submit();
}

void RecorderTest::writingTwiceNeedsOne()
{
    const Tensor output = place(2);
    Recorder recorder(*m_commands);
    norm(recorder, place(3), output);
    norm(recorder, place(4), output);
    QCOMPARE(recorder.barriers(), 1U);
    submit();
}

void RecorderTest::readingTwiceNeedsNone()
{
    const Tensor input = place(2);
    Recorder recorder(*m_commands);
    norm(recorder, input, place(3));
    norm(recorder, input, place(4));
    QCOMPARE(recorder.barriers(), 0U);
    submit();
}

void RecorderTest::oneBarrierServesAllBeforeIt()
{
    const Tensor a = place(2);
    const Tensor b = place(3);
    Recorder recorder(*m_commands);
    norm(recorder, place(4), a);
    norm(recorder, place(5), b);
    norm(recorder, a, place(6));
    norm(recorder, b, place(7));
    QCOMPARE(recorder.barriers(), 1U);
    submit();
}

void RecorderTest::copiesCount()
{
    const Tensor input = place(2);
    const Tensor middle = place(3);
    const Tensor output = place(4);
    Recorder recorder(*m_commands);
    norm(recorder, input, middle);
    recorder.copy(middle, output, kWidth * sizeof(float));
    QCOMPARE(recorder.barriers(), 1U);
    recorder.copy(input, middle, kWidth * sizeof(float));
    QCOMPARE(recorder.barriers(), 2U);
    QCOMPARE(recorder.dispatches(), 1U);
    const auto before = valuesOf(input);
    submit();
    QCOMPARE(valuesOf(middle), before);
    QVERIFY(tests::relativeError(valuesOf(output),
                                 reference::rmsNorm(before, valuesOf(m_weight), 1e-6F)) < 1e-6);
}

void RecorderTest::neighboursInOneArenaDoNotMeet()
{
    const Tensor first = place(2);
    const Tensor second = place(3);
    QVERIFY(first.offset + first.bytes <= second.offset);
    Recorder recorder(*m_commands);
    norm(recorder, place(4), first);
    norm(recorder, second, place(5));
    QCOMPARE(recorder.barriers(), 0U);
    submit();
}

void RecorderTest::commandsCanBeSubmittedAgain()
{
    const Tensor input = place(2);
    const Tensor output = place(3);
    Recorder recorder(*m_commands);
    norm(recorder, input, output);
    submit();
    const auto once = valuesOf(output);
    auto values = tests::randomVector(kWidth, /*seed=*/9);
    std::memcpy(m_arena->mapped().data() + input.offset, values.data(), kWidth * sizeof(float));
    submit();
    QVERIFY(valuesOf(output) != once);
    QVERIFY(tests::relativeError(valuesOf(output),
                                 reference::rmsNorm(values, valuesOf(m_weight), 1e-6F)) < 1e-6);
}

void RecorderTest::recordingAnewForgetsTheOld()
{
    const Tensor input = place(2);
    const Tensor output = place(3);
    const auto before = valuesOf(output);
    Recorder recorder(*m_commands);
    norm(recorder, input, output);
    QVERIFY(m_commands->begin());
    submit();
    QCOMPARE(valuesOf(output), before);
}

// Each lap is the device's own time, and all of them fit into the time that the host waited.
void RecorderTest::aStopwatchTimesEachDispatch()
{
    if (m_gpu->context().limits().nanosecondsPerTick == 0.0)
        QSKIP("the device has no clock");
    const auto made = Stopwatch::create(m_gpu->context(), 4);
    QVERIFY(made);
    const auto& stopwatch = *made;
    const Tensor input = place(2);
    const Tensor output = place(3);
    for (int turn = 0; turn < 2; ++turn) {
        QVERIFY(m_commands->begin());
        Recorder recorder(*m_commands, stopwatch.get());
        norm(recorder, input, output);
        norm(recorder, input, output);
        norm(recorder, output, input);
        QElapsedTimer waited;
        waited.start();
        submit();
        const double milliseconds = static_cast<double>(waited.nsecsElapsed()) * 1e-6;
        const auto laps = stopwatch->laps();
        QVERIFY(laps);
        QCOMPARE(laps->size(), std::size_t{3});
        double sum = 0.0;
        for (const double lap : *laps) {
            QVERIFY(lap >= 0.0);
            sum += lap;
        }
        QVERIFY(sum > 0.0);
        QVERIFY2(sum < milliseconds, qPrintable(QString::number(sum)));
    }
}

QTEST_GUILESS_MAIN(RecorderTest)
#include "recorder_test.moc"
