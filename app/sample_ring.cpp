#include "app/sample_ring.h"

#include <algorithm>

namespace app {

SampleRing::SampleRing(std::size_t frames, int channels)
    : m_queue(frames * static_cast<std::size_t>(channels))
    , m_channels(channels)
{
}

void SampleRing::write(const float* samples, std::size_t frames) noexcept
{
    const auto channels = static_cast<std::size_t>(m_channels);
    std::size_t fitting = 0;
    if (samples != nullptr) {
        fitting = std::min(frames, m_queue.write_available() / channels);
        m_queue.push(samples, fitting * channels);
    }
    if (fitting < frames)
        m_lost.fetch_add(frames - fitting, std::memory_order_relaxed);
}

void SampleRing::read(std::vector<float>& samples)
{
    const auto channels = static_cast<std::size_t>(m_channels);
    const std::size_t count = m_queue.read_available() / channels * channels;
    const std::size_t before = samples.size();
    samples.resize(before + count);
    m_queue.pop(samples.data() + before, count);
}

}  // namespace app
