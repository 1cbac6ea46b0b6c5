#include "app/cli/sounds.h"

#include <algorithm>
#include <span>
#include <utility>

namespace app::cli {

engine::Result<std::vector<SoundFile>> openSounds(const std::vector<std::filesystem::path>& files)
{
    std::vector<SoundFile> sounds;
    for (const std::filesystem::path& file : files) {
        ENGINE_TRY(auto sound, SoundFile::open(file));
        sounds.push_back(std::move(sound));
    }
    return sounds;
}

engine::Result<void> pushAll(SoundFile& sound, engine::AudioClip& clip, std::size_t pieceSize,
                             const std::stop_token& stop)
{
    for (;;) {
        ENGINE_TRY(const std::vector<float> samples, sound.read());
        if (samples.empty())
            return {};
        const std::size_t size = pieceSize == 0 ? samples.size() : pieceSize;
        for (std::size_t first = 0; first < samples.size(); first += size)
            ENGINE_TRY_VOID(clip.push(
                std::span(samples).subspan(first, std::min(size, samples.size() - first)), stop));
    }
}

engine::Result<engine::SoftTokens> encodeSound(const engine::Model& model, SoundFile& sound,
                                               const std::stop_token& stop)
{
    constexpr std::uint64_t kSilence = SoundFile::kSampleRateHz / 5;
    if (!model.audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model.info().audioHint};
    ENGINE_TRY(engine::AudioClip clip, engine::AudioClip::create(model.audio()));
    ENGINE_TRY_VOID(pushAll(sound, clip, 0, stop));
    const std::uint64_t room = model.audio()->info().samplesPerClip - clip.samples();
    ENGINE_TRY_VOID(
        clip.push(std::vector<float>(static_cast<std::size_t>(std::min(kSilence, room))), stop));
    return clip.finish(stop);
}

}  // namespace app::cli
