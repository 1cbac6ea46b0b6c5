#include "app/cli/sounds.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "app/clip_encoding.h"
#include "app/speech_segmenter.h"

namespace app::cli {
namespace {

constexpr double kRateHz = SoundFile::kSampleRateHz;
constexpr double kManyClips = 1.0e9;  // more than any context holds

// The clips that a sound becomes.
class ClipEncoder {
public:
    ClipEncoder(const engine::Model& model, std::uint32_t mostTokens)
        : m_model(model)
        , m_mostTokens(mostTokens)
    {
    }

    // Whether so many clips can stand in a conversation.
    engine::Result<void> checkRoom(std::uint64_t clips) const
    {
        const std::uint32_t rows = m_model.audio()->info().softTokensPerClip;
        if (clips * rows < m_mostTokens)
            return {};
        return engine::Error{engine::ErrorCode::ContextFull,
                             "The sound is too long for a context of " +
                                 std::to_string(m_mostTokens) +
                                 " tokens: it becomes clips that "
                                 "take " +
                                 std::to_string(rows) +
                                 " each. nestling-cli transcribe "
                                 "writes down what is said in files of any length."};
    }

    engine::Result<void> cutAndEncode(SpeechSegmenter& segmenter, std::span<const float> samples,
                                      const std::stop_token& stop)
    {
        std::vector<std::vector<float>> whole;
        segmenter.push(samples, [&](std::span<const float> piece, bool endsClip) {
            m_rest.insert(m_rest.end(), piece.begin(), piece.end());
            if (endsClip)
                whole.push_back(std::exchange(m_rest, {}));
        });
        for (const std::vector<float>& clip : whole)
            ENGINE_TRY_VOID(encode(clip, stop));
        return {};
    }

    engine::Result<void> encodeRest(const std::stop_token& stop)
    {
        return m_rest.empty() ? engine::Result<void>() : encode(m_rest, stop);
    }

    // One clip, with silence after it.
    engine::Result<void> encode(std::span<const float> samples, const std::stop_token& stop)
    {
        ENGINE_TRY_VOID(checkRoom(m_clips.size() + 1));
        ENGINE_TRY(auto rows, encodeClip(m_model, samples, {}, stop));
        m_clips.push_back(std::move(rows));
        return {};
    }

    std::vector<engine::SoftTokens> clips() && { return std::move(m_clips); }

private:
    const engine::Model& m_model;
    std::uint32_t m_mostTokens;
    std::vector<float> m_rest;  // of the clip that is not whole yet
    std::vector<engine::SoftTokens> m_clips;
};

}  // namespace

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

engine::Result<std::vector<engine::SoftTokens>> encodeSound(const engine::Model& model,
                                                            SoundFile& sound,
                                                            std::uint32_t mostTokens,
                                                            const std::stop_token& stop)
{
    if (!model.audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model.info().audioHint};
    const engine::AudioInfo& info = model.audio()->info();
    const auto perClip = static_cast<double>(info.samplesPerClip);
    ClipEncoder encoder(model, mostTokens);
    ENGINE_TRY_VOID(encoder.checkRoom(
        static_cast<std::uint64_t>(std::min(sound.seconds() * kRateHz / perClip, kManyClips))));

    // What fits into one clip is not cut, whatever pauses it has.
    std::vector<float> beginning;
    while (beginning.size() <= info.samplesPerClip) {
        ENGINE_TRY(const std::vector<float> samples, sound.read());
        if (samples.empty()) {
            ENGINE_TRY_VOID(encoder.encode(beginning, stop));
            return std::move(encoder).clips();
        }
        beginning.insert(beginning.end(), samples.begin(), samples.end());
    }

    // Nothing is left out: what is not speech may be what is asked about.
    const std::uint64_t longest =
        info.samplesPerClip - std::min(info.samplesPerClip / 2, kSilenceAfterClip);
    SpeechSegmenter segmenter(longest, longest);
    for (std::vector<float> samples = std::move(beginning); !samples.empty();) {
        ENGINE_TRY_VOID(encoder.cutAndEncode(segmenter, samples, stop));
        ENGINE_TRY(samples, sound.read());
    }
    ENGINE_TRY_VOID(encoder.encodeRest(stop));
    return std::move(encoder).clips();
}

}  // namespace app::cli
