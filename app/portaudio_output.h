#pragma once

#include <memory>

#include "app/sound_output.h"

namespace app {

// The loudspeaker of this computer, by PortAudio: the one that the system uses when it is opened.
// At 16 kHz if that device takes it, and at its own rate if not.
std::unique_ptr<SoundOutput> makePortAudioOutput();

}  // namespace app
