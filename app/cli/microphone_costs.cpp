#include "app/cli/microphone_costs.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/measurements.h"
#include "app/microphone.h"
#include "app/sound_system.h"
#include "app/spoken_turn.h"

namespace app::cli {
namespace {

constexpr InputFormat kFormat{48000, 2};
constexpr std::size_t kFramesPerSample = 3;   // 48,000 Hz over the model's 16,000
constexpr std::size_t kCallbackFrames = 480;  // 10 ms
constexpr std::size_t kCallbacksPerRead = 2;  // whoever reads comes every 20 ms

class RunningStream : public InputStream {
public:
    bool isRunning() const override { return true; }
};

// A sound system whose callback is played by whoever measures.
class PlayedSystem : public SoundSystem {
public:
    explicit PlayedSystem(SampleRing** ring) : m_ring(ring) {}

    const std::vector<InputDevice>& inputs() const override { return m_inputs; }

    bool supports(std::size_t /*input*/, const InputFormat& format) const override
    {
        return format.rateHz == kFormat.rateHz && format.channels == kFormat.channels;
    }

    engine::Result<std::unique_ptr<InputStream>>
    open(std::size_t /*input*/, const InputFormat& /*format*/, SampleRing& ring) override
    {
        *m_ring = &ring;
        return std::unique_ptr<InputStream>(std::make_unique<RunningStream>());
    }

private:
    std::vector<InputDevice> m_inputs{{"Played", true, kFormat.channels, kFormat.rateHz}};
    SampleRing** m_ring;
};

// [frames × channels] of what a device would give: how the values between the samples are made
// costs nothing that is measured.
std::vector<float> framesOf(std::span<const float> sound)
{
    const std::size_t repeats = kFramesPerSample * std::size_t{kFormat.channels};
    std::vector<float> frames(sound.size() * repeats);
    for (std::size_t i = 0; i < frames.size(); ++i)
        frames[i] = sound[i / repeats];
    return frames;
}

}  // namespace

engine::Result<double> microphoneShareOfACore(std::span<const float> sound,
                                              std::uint64_t samplesPerClip)
{
    SampleRing* ring = nullptr;
    ENGINE_TRY(auto microphone, Microphone::open(std::make_unique<PlayedSystem>(&ring), {}));
    SpokenTurn turn(samplesPerClip, SpokenTurn::End::ByHand, [](std::span<const float>, bool) {});
    const std::vector<float> frames = framesOf(sound);
    constexpr std::size_t kPiece = kCallbackFrames * std::size_t{kFormat.channels};

    const double start = threadSeconds();
    std::size_t callbacks = 0;
    for (std::size_t first = 0; first + kPiece <= frames.size(); first += kPiece) {
        ring->write(&frames[first], kCallbackFrames);
        if (++callbacks % kCallbacksPerRead != 0)
            continue;
        ENGINE_TRY(const auto heard, microphone.read());
        turn.push(heard);
    }
    turn.finish();
    const double spent = threadSeconds() - start;
    return spent * Microphone::kRateHz / static_cast<double>(sound.size());
}

}  // namespace app::cli
