#include <QTest>

#include <atomic>
#include <span>
#include <thread>
#include <vector>

#include "app/sample_ring.h"

using app::SampleRing;

namespace {

// Writes all of it: what found no room once more.
void writeAll(SampleRing& ring, std::span<const float> samples)
{
    const auto channels = static_cast<std::size_t>(ring.channels());
    while (!samples.empty()) {
        const std::uint64_t before = ring.lostFrames();
        const std::size_t frames = samples.size() / channels;
        ring.write(samples.data(), frames);
        const std::size_t written = frames - static_cast<std::size_t>(ring.lostFrames() - before);
        samples = samples.subspan(written * channels);
        if (written == 0)
            std::this_thread::yield();
    }
}

// frames × channels; every sample of a frame is the frame's number.
std::vector<float> numberedFrames(int first, int count, int channels)
{
    std::vector<float> samples;
    for (int frame = first; frame < first + count; ++frame)
        samples.insert(samples.end(), static_cast<std::size_t>(channels),
                       static_cast<float>(frame));
    return samples;
}

}  // namespace

// The ring between the callback of the sound system and its reader. That it is free of races is
// shown by the thread sanitizer:
//
//     cmake --preset tsan && cmake --build --preset tsan --target app-sample_ring_test
//     ctest --test-dir build/tsan -R sample_ring
class SampleRingTest : public QObject {
    Q_OBJECT

private slots:
    void nothingIsLostOrChangedBetweenThreads_data();
    void nothingIsLostOrChangedBetweenThreads();
    void whatIsLostBetweenThreadsIsCounted();
    void whatFindsNoRoomIsCounted();
    void framesStayWholeWhenItIsFull();
    void whatTheSystemDoesNotGiveIsLost();
    void gapsAreCounted();
};

void SampleRingTest::nothingIsLostOrChangedBetweenThreads_data()
{
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("framesPerCall");
    QTest::newRow("mono") << 1 << 256;
    QTest::newRow("stereo, an odd number") << 2 << 77;
    QTest::newRow("eight channels") << 8 << 31;
}

void SampleRingTest::nothingIsLostOrChangedBetweenThreads()
{
    QFETCH(const int, channels);
    QFETCH(const int, framesPerCall);
    constexpr int kCalls = 400;
    SampleRing ring(std::size_t{3} * static_cast<std::size_t>(framesPerCall), channels);

    std::thread writer([&ring, framesPerCall, channels] {
        for (int call = 0; call < kCalls; ++call)
            writeAll(ring, numberedFrames(call * framesPerCall, framesPerCall, channels));
    });
    const std::vector<float> expected = numberedFrames(0, kCalls * framesPerCall, channels);
    std::vector<float> heard;
    while (heard.size() < expected.size()) {
        const std::size_t before = heard.size();
        ring.read(heard);
        if (heard.size() == before)
            std::this_thread::yield();
    }
    writer.join();
    QCOMPARE(heard, expected);
}

void SampleRingTest::whatIsLostBetweenThreadsIsCounted()
{
    constexpr int kChannels = 2;
    constexpr int kFrames = 30000;
    SampleRing ring(64, kChannels);

    std::atomic<bool> isWritten = false;
    std::thread writer([&ring, &isWritten] {
        for (int frame = 0; frame < kFrames; frame += 50)
            ring.write(numberedFrames(frame, 50, kChannels).data(), 50);
        isWritten = true;
    });
    std::vector<float> heard;
    while (!isWritten)
        ring.read(heard);
    writer.join();
    ring.read(heard);

    QCOMPARE(heard.size() / kChannels + ring.lostFrames(), std::size_t{kFrames});
    float last = -1.0F;
    for (std::size_t i = 0; i < heard.size(); i += kChannels) {
        QVERIFY(heard[i] > last);
        QCOMPARE(heard[i + 1], heard[i]);
        last = heard[i];
    }
}

void SampleRingTest::whatFindsNoRoomIsCounted()
{
    SampleRing ring(4, 1);
    ring.write(numberedFrames(0, 3, 1).data(), 3);
    QCOMPARE(ring.lostFrames(), std::uint64_t{0});
    ring.write(numberedFrames(3, 3, 1).data(), 3);
    QCOMPARE(ring.lostFrames(), std::uint64_t{2});
    ring.write(numberedFrames(6, 3, 1).data(), 3);
    QCOMPARE(ring.lostFrames(), std::uint64_t{5});

    std::vector<float> heard;
    ring.read(heard);
    QCOMPARE(heard, (std::vector<float>{0, 1, 2, 3}));
    ring.write(numberedFrames(9, 2, 1).data(), 2);
    ring.read(heard);
    QCOMPARE(heard, (std::vector<float>{0, 1, 2, 3, 9, 10}));
    QCOMPARE(ring.lostFrames(), std::uint64_t{5});
}

void SampleRingTest::framesStayWholeWhenItIsFull()
{
    SampleRing ring(5, 3);
    for (int call = 0; call < 4; ++call)
        ring.write(numberedFrames(2 * call, 2, 3).data(), 2);
    std::vector<float> heard;
    ring.read(heard);
    QCOMPARE(heard, numberedFrames(0, 5, 3));
    QCOMPARE(ring.lostFrames(), std::uint64_t{3});
}

void SampleRingTest::whatTheSystemDoesNotGiveIsLost()
{
    SampleRing ring(16, 2);
    ring.write(nullptr, 7);
    std::vector<float> heard;
    ring.read(heard);
    QVERIFY(heard.empty());
    QCOMPARE(ring.lostFrames(), std::uint64_t{7});
}

void SampleRingTest::gapsAreCounted()
{
    SampleRing ring(16, 1);
    ring.noteGap();
    ring.noteGap();
    QCOMPARE(ring.gaps(), std::uint64_t{2});
    QCOMPARE(ring.lostFrames(), std::uint64_t{0});
}

QTEST_GUILESS_MAIN(SampleRingTest)
#include "sample_ring_test.moc"
