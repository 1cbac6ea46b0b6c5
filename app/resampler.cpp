#include "app/resampler.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <soxr.h>

namespace app {

void Resampler::Delete::operator()(soxr* resampler) const noexcept
{
    soxr_delete(resampler);
}

engine::Result<Resampler> Resampler::create(double fromHz, double toHz)
{
    const soxr_io_spec_t floats = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_error_t error = nullptr;
    std::unique_ptr<soxr, Delete> resampler(
        soxr_create(fromHz, toHz, 1, &error, &floats, &quality, nullptr));
    if (error != nullptr || !resampler)
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "Sound of " + std::to_string(std::lround(fromHz)) +
                                 " Hz cannot be brought to " + std::to_string(std::lround(toHz)) +
                                 " Hz."};
    return Resampler(std::move(resampler), toHz / fromHz);
}

engine::Result<std::vector<float>> Resampler::push(std::span<const float> samples)
{
    if (samples.empty())
        return std::vector<float>();  // which would be the end to soxr
    return process(samples);
}

engine::Result<std::vector<float>> Resampler::finish()
{
    return process({});
}

engine::Result<std::vector<float>> Resampler::process(std::span<const float> samples)
{
    constexpr std::size_t kSmallestPart = 1024;
    const double expected = std::ceil(static_cast<double>(samples.size()) * m_ratio) + 1;
    std::vector<float> part(std::max(kSmallestPart, static_cast<std::size_t>(expected)));
    std::vector<float> all;
    std::size_t used = 0;
    for (;;) {
        std::size_t taken = 0;
        std::size_t made = 0;
        const soxr_error_t error =
            soxr_process(m_resampler.get(), samples.empty() ? nullptr : samples.data() + used,
                         samples.size() - used, &taken, part.data(), part.size(), &made);
        if (error != nullptr)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 std::string("Sound cannot be resampled: ") + error + "."};
        used += taken;
        all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(made));
        if (used == samples.size() && made < part.size())
            return all;
    }
}

}  // namespace app
