#include "app/portaudio_running.h"

#include <alsa/asoundlib.h>
#include <jack/jack.h>
#include <portaudio.h>

namespace app {
namespace {

// ALSA and JACK tell the terminal of every plugin and server that they try and do not find.
void ignoreAlsa(const char* /*file*/, int /*line*/, const char* /*function*/, int /*error*/,
                const char* /*format*/, ...)
{
}
void ignoreJack(const char* /*message*/) {}

}  // namespace

// PortAudio counts how often it is started, and ends with the last.
engine::Result<std::shared_ptr<const PortAudioRunning>> PortAudioRunning::start()
{
    const auto held = lock();
    snd_lib_error_set_handler(ignoreAlsa);
    jack_set_error_function(ignoreJack);
    jack_set_info_function(ignoreJack);
    if (const PaError error = Pa_Initialize(); error != paNoError)
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "The sound system cannot be used: " + portAudioReason(error) + "."};
    return std::shared_ptr<const PortAudioRunning>(new PortAudioRunning);
}

PortAudioRunning::~PortAudioRunning()
{
    const auto held = lock();
    Pa_Terminate();
}

std::unique_lock<std::mutex> PortAudioRunning::lock()
{
    static std::mutex mutex;
    return std::unique_lock(mutex);
}

std::string portAudioReason(int error)
{
    const PaHostErrorInfo* host = Pa_GetLastHostErrorInfo();
    if (error == paUnanticipatedHostError && host != nullptr && host->errorText != nullptr)
        return host->errorText;
    return Pa_GetErrorText(error);
}

}  // namespace app
