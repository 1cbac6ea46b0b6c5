#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/lockfree/spsc_queue.hpp>

namespace app {

// Carries sound from the thread of the sound system, which must not wait, to the one that reads it.
// A frame is one sample of each channel. Frames that find no room are counted, and the next frame
// that does stands right behind the last that did. One thread may write, one read.
class SampleRing {
public:
    // Room for that many frames. Allocates here and nowhere else.
    SampleRing(std::size_t frames, int channels);

    int channels() const noexcept { return m_channels; }

    // For the writer: takes no lock, allocates nothing, never waits. `samples` is
    // [frames × channels]; null where the sound system has nothing to give, which counts as lost.
    void write(const float* samples, std::size_t frames) noexcept;

    // For the writer: the sound system lost frames of its own, it does not say how many.
    void noteGap() noexcept { m_gaps.fetch_add(1, std::memory_order_relaxed); }

    // For the reader: adds all frames that are there, whole ones.
    void read(std::vector<float>& samples);

    // For both.
    std::uint64_t lostFrames() const noexcept { return m_lost.load(std::memory_order_relaxed); }
    std::uint64_t gaps() const noexcept { return m_gaps.load(std::memory_order_relaxed); }

private:
    boost::lockfree::spsc_queue<float> m_queue;
    int m_channels;
    std::atomic<std::uint64_t> m_lost = 0;
    std::atomic<std::uint64_t> m_gaps = 0;
};

}  // namespace app
