#pragma once

#include <cstdint>
#include <vector>

namespace app {

// A sound (16 kHz, one channel) in clips of at most `longestClip` samples, less the silence that
// follows each before a model hears it. What fits stays whole; what does not is cut at pauses, and
// no sample is lost.
std::vector<std::vector<float>> cutIntoClips(std::vector<float> sound, std::uint64_t longestClip);

}  // namespace app
