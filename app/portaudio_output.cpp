#include "app/portaudio_output.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <portaudio.h>

#include "app/portaudio_running.h"
#include "app/resampler.h"
#include "ui/sound.h"

namespace app {
namespace {

engine::Error problem(const std::string& reason)
{
    return {engine::ErrorCode::InvalidInput,
            "The sound cannot be played: " + reason +
                ". Connect a loudspeaker or headphones, choose them in the sound settings of the "
                "system, and try again."};
}

class PortAudioOutput : public SoundOutput {
public:
    PortAudioOutput() = default;
    PortAudioOutput(const PortAudioOutput&) = delete;
    PortAudioOutput& operator=(const PortAudioOutput&) = delete;
    ~PortAudioOutput() override { close(); }

    engine::Result<void> open() override
    {
        auto running = PortAudioRunning::start();
        if (!running)
            return running.error();
        m_running = *std::move(running);
        const auto held = PortAudioRunning::lock();
        const PaDeviceIndex device = Pa_GetDefaultOutputDevice();
        if (device == paNoDevice)
            return problem("there is no device for it");
        PaStreamParameters parameters{};
        parameters.device = device;
        parameters.channelCount = 1;
        parameters.sampleFormat = paFloat32;
        parameters.suggestedLatency = Pa_GetDeviceInfo(device)->defaultHighOutputLatency;
        double rateHz = ui::kSoundRateHz;
        if (Pa_IsFormatSupported(nullptr, &parameters, rateHz) != paFormatIsSupported) {
            rateHz = Pa_GetDeviceInfo(device)->defaultSampleRate;
            ENGINE_TRY(auto resampler, Resampler::create(ui::kSoundRateHz, rateHz));
            m_resampler = std::move(resampler);
        }
        // Without a callback: what is written waits for the device.
        PaError error = Pa_OpenStream(&m_stream, nullptr, &parameters, rateHz,
                                      paFramesPerBufferUnspecified, paNoFlag, nullptr, nullptr);
        if (error == paNoError)
            error = Pa_StartStream(m_stream);
        if (error != paNoError)
            return problem(portAudioReason(error));
        return {};
    }

    engine::Result<void> write(std::span<const qint16> samples) override
    {
        std::vector<float> sound = ui::toFloats(samples);
        if (m_resampler) {
            ENGINE_TRY(sound, m_resampler->push(sound));
        }
        return writeOut(sound);
    }

    double delaySeconds() const override
    {
        const PaStreamInfo* info = Pa_GetStreamInfo(m_stream);
        return info ? info->outputLatency : 0;
    }

    void finish() override
    {
        if (m_resampler) {
            if (const auto rest = m_resampler->finish())
                (void)writeOut(*rest);  // a device that is gone has nothing more to say
        }
        Pa_StopStream(m_stream);  // waits, and so without the lock
        close();
    }

    void abort() override { close(); }

private:
    engine::Result<void> writeOut(const std::vector<float>& sound)
    {
        const PaError error = Pa_WriteStream(m_stream, sound.data(), sound.size());
        // The device played silence for want of sound: the person hears it.
        if (error != paNoError && error != paOutputUnderflowed)
            return problem(portAudioReason(error));
        return {};
    }

    // Throws away what has not been heard.
    void close()
    {
        if (m_stream) {
            const auto held = PortAudioRunning::lock();
            Pa_AbortStream(m_stream);
            Pa_CloseStream(std::exchange(m_stream, nullptr));
        }
        m_resampler.reset();
        m_running.reset();
    }

    std::shared_ptr<const PortAudioRunning> m_running;
    PaStream* m_stream = nullptr;
    std::optional<Resampler> m_resampler;
};

}  // namespace

std::unique_ptr<SoundOutput> makePortAudioOutput()
{
    return std::make_unique<PortAudioOutput>();
}

}  // namespace app
