#include "app/clip_encoding.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "app/speech_segmenter.h"

namespace app {

namespace {

// Of a sound between two reports of progress: half a second.
constexpr std::size_t kPieceSamples = 8000;

}  // namespace

engine::Result<engine::SoftTokens> finishClip(engine::AudioClip& clip,
                                              const engine::AudioEncoder& encoder,
                                              const std::stop_token& stop)
{
    const std::uint64_t room = encoder.info().samplesPerClip - clip.samples();
    const auto silence = static_cast<std::size_t>(std::min(kSilenceAfterClip, room));
    ENGINE_TRY_VOID(clip.push(std::vector<float>(silence), stop));
    return clip.finish(stop);
}

engine::Result<engine::SoftTokens> encodeClip(const engine::Model& model,
                                              std::span<const float> samples,
                                              const std::function<void(double)>& progress,
                                              const std::stop_token& stop)
{
    if (!model.audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model.info().audioHint};
    ENGINE_TRY(engine::AudioClip clip, engine::AudioClip::create(model.audio()));
    const std::size_t piece = progress ? kPieceSamples : samples.size();
    for (std::size_t at = 0; at < samples.size(); at += piece) {
        ENGINE_TRY_VOID(clip.push(samples.subspan(at, std::min(piece, samples.size() - at)), stop));
        if (progress)
            progress(static_cast<double>(at) / static_cast<double>(samples.size()));
    }
    return finishClip(clip, *model.audio(), stop);
}

}  // namespace app
