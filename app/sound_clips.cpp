#include "app/sound_clips.h"

#include <span>
#include <utility>

#include "app/speech_segmenter.h"

namespace app {

std::vector<std::vector<float>> cutIntoClips(std::vector<float> sound, std::uint64_t longestClip)
{
    const std::uint64_t room =
        longestClip > kSilenceAfterClip ? longestClip - kSilenceAfterClip : 1;
    std::vector<std::vector<float>> clips;
    if (sound.size() <= room) {
        clips.push_back(std::move(sound));
        return clips;
    }
    std::vector<float> clip;
    SpeechSegmenter segmenter(room);
    segmenter.push(sound, [&](std::span<const float> samples, bool endsClip) {
        clip.insert(clip.end(), samples.begin(), samples.end());
        if (endsClip)
            clips.push_back(std::exchange(clip, {}));
    });
    if (!clip.empty())
        clips.push_back(std::move(clip));
    return clips;
}

}  // namespace app
