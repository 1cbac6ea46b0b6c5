#pragma once

#include <QtGlobal>
#include <span>
#include <vector>

namespace ui {

// How loud a sound is along its length, to be drawn: made in one pass, and never more than
// kMostSteps numbers. When there would be more, each two become one, so that all steps but the last
// are as long.
class Peaks {
public:
    static constexpr std::size_t kMostSteps = 1024;

    // The next samples. How they are cut into calls makes no difference.
    void add(std::span<const qint16> samples);

    bool isEmpty() const { return m_samples == 0; }

    // The loudest sample of the part [from, to) of the sound, both in [0, 1] of its length. In
    // [0, 1], too; of a part that is shorter than a step, that of the step around it.
    float loudest(double from, double to) const;

private:
    void halve();

    std::vector<int> m_steps;  // the loudest of each, in [0, 32768]
    qint64 m_stepLength = 16;  // samples
    qint64 m_samples = 0;
};

}  // namespace ui
