#include "app/portaudio_system.h"

#include <string>
#include <utility>

#include <alsa/asoundlib.h>
#include <jack/jack.h>
#include <portaudio.h>

namespace app {
namespace {

// About 16 ms at 16 kHz: often enough for a level that moves with the voice.
constexpr unsigned long kFramesPerCallback = 256;

std::string reasonOf(PaError error)
{
    const PaHostErrorInfo* host = Pa_GetLastHostErrorInfo();
    if (error == paUnanticipatedHostError && host != nullptr && host->errorText != nullptr)
        return host->errorText;
    return Pa_GetErrorText(error);
}

engine::Error problem(const std::string& sentence)
{
    return {engine::ErrorCode::InvalidInput, sentence};
}

// ALSA and JACK tell the terminal of every plugin and server that they try and do not find.
void ignoreAlsa(const char* /*file*/, int /*line*/, const char* /*function*/, int /*error*/,
                const char* /*format*/, ...)
{
}
void ignoreJack(const char* /*message*/) {}

// PortAudio counts how often it is started, and ends with the last.
class Running {
public:
    static engine::Result<std::shared_ptr<const Running>> start()
    {
        snd_lib_error_set_handler(ignoreAlsa);
        jack_set_error_function(ignoreJack);
        jack_set_info_function(ignoreJack);
        if (const PaError error = Pa_Initialize(); error != paNoError)
            return problem("The sound system cannot be used: " + reasonOf(error) + ".");
        return std::shared_ptr<const Running>(new Running);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { Pa_Terminate(); }

private:
    Running() = default;
};

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
    PortAudioStream(std::shared_ptr<const Running> running, PaStream* stream)
        : m_running(std::move(running))
        , m_stream(stream)
    {
    }
    PortAudioStream(const PortAudioStream&) = delete;
    PortAudioStream& operator=(const PortAudioStream&) = delete;
    ~PortAudioStream() override { Pa_CloseStream(m_stream); }

    bool isRunning() const override { return Pa_IsStreamActive(m_stream) == 1; }

private:
    std::shared_ptr<const Running> m_running;
    PaStream* m_stream;
};

class PortAudioSystem : public SoundSystem {
public:
    explicit PortAudioSystem(std::shared_ptr<const Running> running) : m_running(std::move(running))
    {
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
        const PaStreamParameters parameters = parametersFor(m_devices[input], format);
        return Pa_IsFormatSupported(&parameters, nullptr, format.rateHz) == paFormatIsSupported;
    }

    engine::Result<std::unique_ptr<InputStream>> open(std::size_t input, const InputFormat& format,
                                                      SampleRing& ring) override
    {
        const PaStreamParameters parameters = parametersFor(m_devices[input], format);
        PaStream* stream = nullptr;
        // Sound beyond full scale is to be seen by the meter, so nothing is clipped on the way.
        PaError error = Pa_OpenStream(&stream, &parameters, nullptr, format.rateHz,
                                      kFramesPerCallback, paClipOff | paDitherOff, onSound, &ring);
        if (error != paNoError)
            return problem(reasonOf(error));
        auto result = std::make_unique<PortAudioStream>(m_running, stream);
        error = Pa_StartStream(stream);
        if (error != paNoError)
            return problem(reasonOf(error));
        return std::unique_ptr<InputStream>(std::move(result));
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

    std::shared_ptr<const Running> m_running;
    std::vector<PaDeviceIndex> m_devices;  // of m_inputs
    std::vector<InputDevice> m_inputs;
};

}  // namespace

engine::Result<std::unique_ptr<SoundSystem>> openPortAudio()
{
    ENGINE_TRY(auto running, Running::start());
    return std::unique_ptr<SoundSystem>(std::make_unique<PortAudioSystem>(std::move(running)));
}

}  // namespace app
