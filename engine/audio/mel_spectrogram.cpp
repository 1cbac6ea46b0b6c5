#include "engine/audio/mel_spectrogram.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <kissfft.hh>

#include "engine/base/check.h"

namespace engine::audio {

namespace {

// The published feature extractor's numbers (spec 03 §1).
constexpr std::size_t kFrameSamples = 512;
constexpr std::size_t kFftLength = 1024;
// The last bin of the spectrum, at 8 kHz, is above the highest filter, as the first is below.
constexpr std::size_t kSpectrumBins = kFftLength / 2;
constexpr std::size_t kPaddedTo = 128;
constexpr float kPreEmphasis = 0.97F;
constexpr double kLowestHz = 125.0;
constexpr double kHighestHz = 7600.0;
constexpr double kFloor = 1e-5;

double melOfHz(double hz)
{
    return 2595.0 * std::log10(1.0 + hz / 700.0);
}

double hzOfMel(double mel)
{
    return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
}

// cos(x) for x ≥ 0 in float32, rounded as the published extractor's window is, which numpy
// computes: x is brought to [-π/4, π/4] with π/2 in three parts, then come polynomials. A window
// that differs in last places moves the quiet bins beside a loud tone by a hundredth.
float publishedCosine(float x)
{
    const float turns = std::nearbyint(x * 0x1.45f306p-1F);
    float r = std::fma(turns, -0x1.921fb0p+00F, x);
    r = std::fma(turns, -0x1.5110b4p-22F, r);
    r = std::fma(turns, -0x1.846988p-48F, r);
    const float r2 = r * r;

    float cosine = std::fma(0x1.98e616p-16F, r2, -0x1.6c06dcp-10F);
    cosine = std::fma(cosine, r2, 0x1.55553cp-05F);
    cosine = std::fma(cosine, r2, -0.5F);
    cosine = std::fma(cosine, r2, 1.0F);
    float sine = std::fma(0x1.7d3bbcp-19F, r2, -0x1.a06bbap-13F);
    sine = std::fma(sine, r2, 0x1.11119ap-07F);
    sine = std::fma(sine, r2, -0x1.555556p-03F);
    sine = std::fma(sine * r2, r, r);

    switch (static_cast<int>(turns) % 4) {
    case 0:
        return cosine;
    case 1:
        return -sine;
    case 2:
        return -cosine;
    default:
        return sine;
    }
}

// Periodic Hann window.
std::vector<float> window()
{
    constexpr float kTurn = 2.0F * std::numbers::pi_v<float>;
    std::vector<float> window(kFrameSamples);
    for (std::size_t n = 0; n < kFrameSamples; ++n)
        window[n] = 0.5F * (1.0F - publishedCosine(kTurn * static_cast<float>(n) /
                                                   static_cast<float>(kFrameSamples)));
    return window;
}

}  // namespace

MelSpectrogram::MelSpectrogram(std::uint32_t bins)
    : m_window(window())
    , m_filters(bins)
    , m_transform(std::make_unique<kissfft<double>>(kFftLength / 2, /*inverse=*/false))
    , m_windowed(kFftLength)
    , m_spectrum(kSpectrumBins)
    , m_magnitude(kSpectrumBins)
{
    ENGINE_CHECK(bins > 0);
    const double lowest = melOfHz(kLowestHz);
    const double step = (melOfHz(kHighestHz) - lowest) / (bins + 1);
    for (std::uint32_t b = 0; b < bins; ++b) {
        const double left = hzOfMel(lowest + step * b);
        const double middle = hzOfMel(lowest + step * (b + 1));
        const double right = hzOfMel(lowest + step * (b + 2));
        Filter& filter = m_filters[b];
        for (std::size_t k = 0; k < kSpectrumBins; ++k) {
            const double hz = static_cast<double>(k) * kSampleRateHz / kFftLength;
            const double weight =
                std::min((hz - left) / (middle - left), (right - hz) / (right - middle));
            if (weight <= 0.0)
                continue;
            if (filter.weights.empty())
                filter.first = k;
            filter.weights.push_back(static_cast<float>(weight));
        }
    }
}

MelSpectrogram::~MelSpectrogram() = default;
MelSpectrogram::MelSpectrogram(MelSpectrogram&&) noexcept = default;
MelSpectrogram& MelSpectrogram::operator=(MelSpectrogram&&) noexcept = default;

void MelSpectrogram::push(std::span<const float> samples, std::vector<float>& frames)
{
    m_samples += samples.size();
    m_pending.insert(m_pending.end(), samples.begin(), samples.end());
    emitFrames(frames);
}

void MelSpectrogram::finish(std::vector<float>& frames)
{
    if (m_samples == 0 || m_isFinished)
        return;
    m_isFinished = true;
    const std::uint64_t padding = (kPaddedTo - m_samples % kPaddedTo) % kPaddedTo;
    m_pending.resize(m_pending.size() + static_cast<std::size_t>(padding));
    if (m_samples + padding <= kFrameSamples)
        m_pending.resize(kFrameSamples + 1);
    emitFrames(frames);
    m_pending.clear();
}

void MelSpectrogram::emitFrames(std::vector<float>& frames)
{
    std::size_t first = 0;
    for (; first + kFrameSamples + 1 <= m_pending.size(); first += kHopSamples)
        appendFrame(m_pending.data() + first, frames);
    m_pending.erase(m_pending.begin(), m_pending.begin() + static_cast<std::ptrdiff_t>(first));
}

void MelSpectrogram::appendFrame(const float* samples, std::vector<float>& frames)
{
    // The pre-emphasis of HTK: it begins anew in every frame.
    m_windowed[0] = samples[0] * (1.0F - kPreEmphasis) * m_window[0];
    for (std::size_t n = 1; n < kFrameSamples; ++n)
        m_windowed[n] = (samples[n] - kPreEmphasis * samples[n - 1]) * m_window[n];

    m_transform->transform_real(m_windowed.data(), m_spectrum.data());
    for (std::size_t k = 0; k < kSpectrumBins; ++k)
        m_magnitude[k] = std::sqrt(std::norm(m_spectrum[k]));

    for (const Filter& filter : m_filters) {
        double sum = 0.0;
        for (std::size_t i = 0; i < filter.weights.size(); ++i)
            sum += m_magnitude[filter.first + i] * filter.weights[i];
        frames.push_back(static_cast<float>(std::log(std::max(sum, kFloor))));
    }
}

}  // namespace engine::audio
