#include "ui/peaks.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {

constexpr float kFullScale = 32768;

}  // namespace

void Peaks::add(std::span<const qint16> samples)
{
    for (const qint16 sample : samples) {
        if (m_samples % m_stepLength == 0) {
            if (m_steps.size() == kMostSteps)
                halve();  // the sample begins one of the longer steps, too
            m_steps.push_back(0);
        }
        m_steps.back() = std::max(m_steps.back(), std::abs(int{sample}));
        ++m_samples;
    }
}

float Peaks::loudest(double from, double to) const
{
    if (m_steps.empty())
        return 0;
    const auto length = static_cast<double>(m_samples) / static_cast<double>(m_stepLength);
    const auto last = static_cast<std::ptrdiff_t>(m_steps.size()) - 1;
    const auto first =
        std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(from * length), 0, last);
    const auto end = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::ceil(to * length)),
                                                first + 1, last + 1);
    return static_cast<float>(*std::max_element(m_steps.begin() + first, m_steps.begin() + end)) /
           kFullScale;
}

void Peaks::halve()
{
    for (std::size_t i = 0; i < m_steps.size() / 2; ++i)
        m_steps[i] = std::max(m_steps[2 * i], m_steps[2 * i + 1]);
    m_steps.resize(m_steps.size() / 2);
    m_stepLength *= 2;
}

}  // namespace ui
