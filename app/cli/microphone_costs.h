#pragma once

#include <cstdint>
#include <span>

#include "engine/result.h"

namespace app::cli {

// What a microphone of 48,000 Hz and two channels costs the processor until its sound reaches the
// encoder: the ring, the resampler, the level, and finding where somebody speaks. `sound` is 16
// kHz, one channel; the result is the time of this thread over the length of the sound, as it does
// not depend on how fast the sound comes.
engine::Result<double> microphoneShareOfACore(std::span<const float> sound,
                                              std::uint64_t samplesPerClip);

}  // namespace app::cli
