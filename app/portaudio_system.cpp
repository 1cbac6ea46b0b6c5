#include "app/portaudio_system.h"

#include <string>
#include <utility>

#include <portaudio.h>

#include "app/portaudio_running.h"

namespace app {
namespace {

// About 16 ms at 16 kHz: often enough for a level that moves with the voice.
constexpr unsigned long kFramesPerCallback = 256;

engine::Error problem(const std::string& sentence)
{
    return {engine::ErrorCode::InvalidInput, sentence};
}

int onSound(const void* samples, void* /*output*/, unsigned long frames,
            const PaStreamCallbackTimeInfo* /*time*/, PaStreamCallbackFlags flags, void* ring)
{
    auto* const target = static_cast<SampleRing*>(ring);
    if ((flags & paInputOverflow) != 0)
        target->noteGap();
    target->write(static_cast<const float*>(samples), frames);
    return paContinue;
}

PaStreamParameters parametersFor(PaDeviceIndex device, const InputFormat& format)
{
    PaStreamParameters parameters{};
    parameters.device = device;
    parameters.channelCount = format.channels;
    parameters.sampleFormat = paFloat32;
    parameters.suggestedLatency = Pa_GetDeviceInfo(device)->defaultHighInputLatency;
    return parameters;
}

class PortAudioStream : public InputStream {
public:
    PortAudioStream(std::shared_ptr<const PortAudioRunning> running, PaStream* stream)
        : m_running(std::move(running))
        , m_stream(stream)
    {
    }
    PortAudioStream(const PortAudioStream&) = delete;
    PortAudioStream& operator=(const PortAudioStream&) = delete;
    ~PortAudioStream() override
    {
        const auto held = PortAudioRunning::lock();
        Pa_CloseStream(m_stream);
    }

    bool isRunning() const override { return Pa_IsStreamActive(m_stream) == 1; }

private:
    std::shared_ptr<const PortAudioRunning> m_running;
    PaStream* m_stream;
};

class PortAudioSystem : public SoundSystem {
public:
    explicit PortAudioSystem(std::shared_ptr<const PortAudioRunning> running)
        : m_running(std::move(running))
    {
        const auto held = PortAudioRunning::lock();
        const PaDeviceIndex standard = Pa_GetDefaultInputDevice();
        if (standard != paNoDevice)
            add(standard, true);
        for (PaDeviceIndex device = 0; device < Pa_GetDeviceCount(); ++device)
            if (device != standard)
                add(device, false);
    }

    const std::vector<InputDevice>& inputs() const override { return m_inputs; }

    bool supports(std::size_t input, const InputFormat& format) const override
    {
        const auto held = PortAudioRunning::lock();
        const PaStreamParameters parameters = parametersFor(m_devices[input], format);
        return Pa_IsFormatSupported(&parameters, nullptr, format.rateHz) == paFormatIsSupported;
    }

    engine::Result<std::unique_ptr<InputStream>> open(std::size_t input, const InputFormat& format,
                                                      SampleRing& ring) override
    {
        const auto held = PortAudioRunning::lock();
        const PaStreamParameters parameters = parametersFor(m_devices[input], format);
        PaStream* stream = nullptr;
        // Sound beyond full scale is to be seen by the meter, so nothing is clipped on the way.
        PaError error = Pa_OpenStream(&stream, &parameters, nullptr, format.rateHz,
                                      kFramesPerCallback, paClipOff | paDitherOff, onSound, &ring);
        if (error != paNoError)
            return problem(portAudioReason(error));
        error = Pa_StartStream(stream);
        if (error != paNoError) {
            const std::string reason = portAudioReason(error);
            Pa_CloseStream(stream);
            return problem(reason);
        }
        return std::unique_ptr<InputStream>(std::make_unique<PortAudioStream>(m_running, stream));
    }

private:
    void add(PaDeviceIndex device, bool isDefault)
    {
        const PaDeviceInfo* info = Pa_GetDeviceInfo(device);
        if (info == nullptr || info->maxInputChannels < 1)
            return;
        m_devices.push_back(device);
        m_inputs.push_back(
            {nameOf(*info), isDefault, info->maxInputChannels, info->defaultSampleRate});
    }

    // Two ways to the same device have one name in PortAudio.
    static std::string nameOf(const PaDeviceInfo& info)
    {
        const PaHostApiInfo* api = Pa_GetHostApiInfo(info.hostApi);
        if (info.hostApi == Pa_GetDefaultHostApi() || api == nullptr)
            return info.name;
        return std::string(info.name) + " (" + api->name + ")";
    }

    std::shared_ptr<const PortAudioRunning> m_running;
    std::vector<PaDeviceIndex> m_devices;  // of m_inputs
    std::vector<InputDevice> m_inputs;
};

}  // namespace

engine::Result<std::unique_ptr<SoundSystem>> openPortAudio()
{
    ENGINE_TRY(auto running, PortAudioRunning::start());
    return std::unique_ptr<SoundSystem>(std::make_unique<PortAudioSystem>(std::move(running)));
}

}  // namespace app
