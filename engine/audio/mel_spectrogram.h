#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

template <typename Scalar>
class kissfft;

namespace engine::audio {

// Turns samples (16 kHz, mono, [-1, 1]) into rows of log-mel features, as they come (spec 03 §2).
// Nothing is normalised: how loud a sound is matters. However the samples are cut into pieces, the
// rows are the same bit for bit.
class MelSpectrogram {
public:
    static constexpr std::uint32_t kSampleRateHz = 16000;
    static constexpr std::size_t kHopSamples = 160;  // from frame to frame

    // `bins`: features of a frame.
    explicit MelSpectrogram(std::uint32_t bins);
    ~MelSpectrogram();
    MelSpectrogram(MelSpectrogram&&) noexcept;
    MelSpectrogram& operator=(MelSpectrogram&&) noexcept;

    // Appends to `frames` [n × bins] those that are complete with these samples. A frame is 513
    // samples long, the last of which only has to exist.
    void push(std::span<const float> samples, std::vector<float>& frames);

    // The sound is over: fills it with silence to a multiple of 128 samples, as the published
    // extractor does, and to one frame if it is shorter. Nothing comes of no samples at all, or of
    // a second call.
    void finish(std::vector<float>& frames);

    // Received so far, without the silence of finish().
    std::uint64_t samples() const noexcept { return m_samples; }

private:
    // A triangle over the spectrum: weights of bins from `first` on.
    struct Filter {
        std::size_t first = 0;
        std::vector<float> weights;
    };
    void appendFrame(const float* samples, std::vector<float>& frames);
    void emitFrames(std::vector<float>& frames);

    std::vector<float> m_window;
    std::vector<Filter> m_filters;
    // In double precision: the noise of a float32 transform shows in quiet bins beside loud ones.
    std::unique_ptr<kissfft<double>> m_transform;
    std::vector<double> m_windowed;                // [fft length]; the end stays zero
    std::vector<std::complex<double>> m_spectrum;  // [fft length / 2]
    std::vector<double> m_magnitude;               // the same
    std::vector<float> m_pending;                  // samples from the start of the next frame on
    std::uint64_t m_samples = 0;
    bool m_isFinished = false;
};

}  // namespace engine::audio
