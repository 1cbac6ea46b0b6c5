#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/result.h"

struct soxr;

namespace app {

// Brings sound of one channel from any rate to another, piece by piece: pieces give the same
// samples as the whole. Any one thread may use it.
class Resampler {
public:
    // Fails with InvalidInput where there is no way from one rate to the other.
    static engine::Result<Resampler> create(double fromHz, double toHz);

    // What comes of these samples; the last few milliseconds follow with later ones.
    engine::Result<std::vector<float>> push(std::span<const float> samples);

    // What is left once there are no more.
    engine::Result<std::vector<float>> finish();

private:
    struct Delete {
        void operator()(soxr* resampler) const noexcept;
    };
    Resampler(std::unique_ptr<soxr, Delete> resampler, double ratio)
        : m_resampler(std::move(resampler))
        , m_ratio(ratio)
    {
    }
    engine::Result<std::vector<float>> process(std::span<const float> samples);

    std::unique_ptr<soxr, Delete> m_resampler;
    double m_ratio;  // samples out for each one in
};

}  // namespace app
