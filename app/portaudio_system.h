#pragma once

#include <memory>

#include "app/sound_system.h"

namespace app {

// The microphones of this computer, by PortAudio. Fails with InvalidInput where there is no sound
// system to ask. PortAudio looks for devices when the first of these is made, and again only after
// all of them and their streams are gone.
engine::Result<std::unique_ptr<SoundSystem>> openPortAudio();

}  // namespace app
