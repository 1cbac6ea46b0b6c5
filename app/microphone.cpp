#include "app/microphone.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "app/resampler.h"

namespace app {
namespace {

constexpr double kRingSeconds = 5;

// 16 bits reach 32767 ÷ 32768 upwards.
constexpr float kFullScale = 32767.0F / 32768.0F;

engine::Error problem(const std::string& sentence)
{
    return {engine::ErrorCode::InvalidInput, sentence};
}

std::string namesOf(const std::vector<InputDevice>& inputs)
{
    std::string names;
    for (const InputDevice& input : inputs)
        names += (names.empty() ? "\"" : ", \"") + input.name + "\"";
    return names;
}

engine::Result<std::size_t> findInput(const SoundSystem& system, const std::string& name)
{
    const std::vector<InputDevice>& inputs = system.inputs();
    if (inputs.empty())
        return problem("No microphone was found. Connect one, and see that the sound settings of "
                       "the system list it.");
    if (name.empty())
        return std::size_t{0};
    const auto found =
        std::find_if(inputs.begin(), inputs.end(),
                     [&name](const InputDevice& input) { return input.name == name; });
    if (found == inputs.end())
        return problem("The microphone \"" + name +
                       "\" is not there. Connect it, or choose one of these: " + namesOf(inputs) +
                       ".");
    return static_cast<std::size_t>(found - inputs.begin());
}

// As little work as possible: 16 kHz and mono by the device or its server, or else what it has.
std::optional<InputFormat> chooseFormat(const SoundSystem& system, std::size_t input)
{
    const InputDevice& device = system.inputs()[input];
    for (const double rateHz : {Microphone::kRateHz, device.rateHz, 48000.0, 44100.0}) {
        for (const int channels : {1, device.channels, 2}) {
            const InputFormat format{rateHz, channels};
            if (rateHz > 0 && channels > 0 && system.supports(input, format))
                return format;
        }
    }
    return std::nullopt;
}

engine::Error cannotOpen(const InputDevice& device, const std::string& reason)
{
    return problem("The microphone \"" + device.name + "\" cannot be opened: " + reason +
                   ". Another program may be using it, or you may not be allowed to; see the sound "
                   "settings of the system.");
}

}  // namespace

std::string LostSound::sentence() const
{
    std::ostringstream text;
    const char* separator = "";
    if (seconds > 0) {
        text << std::fixed << std::setprecision(seconds < 0.1 ? 3 : 1) << seconds
             << " s of the sound were lost, as the computer was too busy.";
        separator = " ";
    }
    if (gaps > 0) {
        text << separator << "The sound system lost some of the sound"
             << (gaps == 1 ? "." : ", " + std::to_string(gaps) + " times.");
        separator = " ";
    }
    if (notNumbers > 0)
        text << separator << "The microphone gave " << notNumbers
             << " samples that are not numbers; they are heard as silence.";
    return text.str();
}

struct Microphone::State {
    State(InputDevice openedDevice, const InputFormat& openedFormat, Clock::time_point now)
        : device(std::move(openedDevice))
        , format(openedFormat)
        , ring(static_cast<std::size_t>(kRingSeconds * openedFormat.rateHz), openedFormat.channels)
        , lastSound(now)
    {
    }

    InputDevice device;
    InputFormat format;
    SampleRing ring;
    std::unique_ptr<SoundSystem> system;
    std::unique_ptr<InputStream> stream;  // after what it writes to; null once it is closed
    std::optional<Resampler> resampler;   // none for 16 kHz
    LevelMeter meter{kRateHz};
    std::vector<float> frames;  // as they come from the device
    std::uint64_t notNumbers = 0;
    Clock::time_point lastSound;

    engine::Result<std::vector<float>> take();
    float mixFrame(std::span<const float> frame);
};

engine::Result<Microphone> Microphone::open(std::unique_ptr<SoundSystem> system,
                                            const std::string& device, Clock::time_point now)
{
    ENGINE_TRY(const std::size_t input, findInput(*system, device));
    const InputDevice& found = system->inputs()[input];
    const auto format = chooseFormat(*system, input);
    if (!format)
        return cannotOpen(found, "it takes no rate that a voice can be recorded at");

    auto state = std::make_unique<State>(found, *format, now);
    if (format->rateHz != kRateHz) {
        ENGINE_TRY(state->resampler, Resampler::create(format->rateHz, kRateHz));
    }
    auto stream = system->open(input, *format, state->ring);
    if (!stream)
        return cannotOpen(found, stream.error().message);
    state->stream = *std::move(stream);
    state->system = std::move(system);
    return Microphone(std::move(state));
}

Microphone::Microphone(std::unique_ptr<State> state) : m_state(std::move(state)) {}

Microphone::Microphone(Microphone&&) noexcept = default;
Microphone& Microphone::operator=(Microphone&&) noexcept = default;
Microphone::~Microphone() = default;

engine::Result<std::vector<float>> Microphone::read(Clock::time_point now)
{
    // Asked before the ring is read: what a device writes while it vanishes is not missed.
    const bool isRunning = m_state->stream && m_state->stream->isRunning();
    ENGINE_TRY(std::vector<float> samples, m_state->take());
    if (!m_state->frames.empty()) {
        m_state->lastSound = now;
        return samples;
    }
    if (!m_state->stream)
        return samples;
    if (!isRunning)
        return problem("The microphone \"" + m_state->device.name +
                       "\" is gone. What was heard until then is kept.");
    if (now - m_state->lastSound >= kPatience)
        return problem("The microphone \"" + m_state->device.name +
                       "\" gives no sound. See whether it is connected and switched on, or choose "
                       "another one.");
    return samples;
}

engine::Result<std::vector<float>> Microphone::close()
{
    if (!m_state->stream)
        return std::vector<float>();
    m_state->stream.reset();
    m_state->system.reset();
    ENGINE_TRY(std::vector<float> samples, m_state->take());
    if (!m_state->resampler)
        return samples;
    ENGINE_TRY(const std::vector<float> rest, m_state->resampler->finish());
    m_state->meter.push(rest);
    samples.insert(samples.end(), rest.begin(), rest.end());
    return samples;
}

const InputDevice& Microphone::device() const
{
    return m_state->device;
}

const InputFormat& Microphone::format() const
{
    return m_state->format;
}

const LevelMeter& Microphone::level() const
{
    return m_state->meter;
}

LostSound Microphone::lost() const
{
    return {static_cast<double>(m_state->ring.lostFrames()) / m_state->format.rateHz,
            m_state->ring.gaps(), m_state->notNumbers};
}

// What the ring has, as mono sound of 16 kHz.
engine::Result<std::vector<float>> Microphone::State::take()
{
    frames.clear();
    ring.read(frames);
    const auto channels = static_cast<std::size_t>(format.channels);
    std::vector<float> mono;
    mono.reserve(frames.size() / channels);
    for (std::size_t first = 0; first < frames.size(); first += channels)
        mono.push_back(mixFrame(std::span(frames).subspan(first, channels)));
    if (resampler) {
        ENGINE_TRY(mono, resampler->push(mono));
    }
    meter.push(mono);
    return mono;
}

// The mean of a frame's channels. One that is no number is silence.
float Microphone::State::mixFrame(std::span<const float> frame)
{
    float sum = 0.0F;
    for (const float sample : frame) {
        if (!std::isfinite(sample)) {
            ++notNumbers;
            continue;
        }
        if (std::abs(sample) >= kFullScale)
            meter.markClip();
        sum += std::clamp(sample, -1.0F, 1.0F);
    }
    return sum / static_cast<float>(frame.size());
}

}  // namespace app
