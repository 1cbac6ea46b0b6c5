#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/measurements.h"
#include "app/cli/microphone_costs.h"
#include "app/cli/output.h"
#include "app/cli/sizes.h"
#include "app/speech_segmenter.h"
#include "app/spoken_message.h"
#include "engine/device.h"
#include "engine/encoders.h"
#include "engine/session.h"

namespace app::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSampleRateHz = 16000;
constexpr std::uint64_t kPieceSamples = kSampleRateHz / 10;  // as a microphone gives them
constexpr const char* kQuestion = "What was said?";

// One clip that was spoken at the speed of speech, and answered.
struct Spoken {
    double latencySeconds = 0.0;   // from the end of speech to the first token
    double hostSeconds = 0.0;      // of the processor, in this thread, while it was heard
    std::uint64_t tailTokens = 0;  // read after the end of speech
};

// A voice-like hum that comes and goes, the same each time. What is said costs nothing: all sounds
// are the same work.
std::vector<float> humming(std::uint64_t samples)
{
    std::vector<float> sound(samples);
    for (std::uint64_t i = 0; i < samples; ++i) {
        const double seconds = static_cast<double>(i) / kSampleRateHz;
        const double loudness = 0.1 + 0.1 * std::sin(2.0 * std::numbers::pi * 3.0 * seconds);
        double value = 0.0;
        for (int overtone = 1; overtone <= 8; ++overtone)
            value += std::sin(2.0 * std::numbers::pi * 140.0 * overtone * seconds) / overtone;
        sound[i] = static_cast<float>(loudness * value);
    }
    return sound;
}

enum class Pace { Speech, AtOnce };

engine::Result<Spoken> speak(const engine::Model& model, engine::Session& session,
                             std::span<const float> sound, Pace pace, const std::stop_token& stop)
{
    session.truncate(0);
    Spoken spoken;
    ENGINE_TRY(auto message, SpokenMessage::begin(model, session, {}, stop));
    const Clock::time_point start = Clock::now();
    const double hostStart = threadSeconds();
    for (std::size_t first = 0; first < sound.size(); first += kPieceSamples) {
        const std::size_t size = std::min<std::size_t>(kPieceSamples, sound.size() - first);
        // A piece is there when its last sample was said.
        if (pace == Pace::Speech)
            std::this_thread::sleep_until(
                start + std::chrono::microseconds((first + size) * 1000000 / kSampleRateHz));
        ENGINE_TRY_VOID(message.hear(sound.subspan(first, size), false, stop));
    }
    spoken.hostSeconds = threadSeconds() - hostStart;
    const Clock::time_point end =
        pace == Pace::Speech
            ? start + std::chrono::microseconds(sound.size() * 1000000 / kSampleRateHz)
            : Clock::now();
    const std::uint64_t read = session.counters().tokensPrefilled;
    ENGINE_TRY_VOID(message.finish(kQuestion, stop));
    spoken.tailTokens = session.counters().tokensPrefilled - read;
    ENGINE_TRY(const auto reply, session.generate({.temperature = 0.0F, .maxTokens = 1}, {}, stop));
    if (reply.finish == engine::Finish::Stopped)
        return engine::Error{engine::ErrorCode::Cancelled, "The measurement was stopped."};
    spoken.latencySeconds = secondsOf(Clock::now() - end);
    return spoken;
}

double median(const std::vector<Spoken>& runs, double Spoken::*member)
{
    std::vector<double> values;
    values.reserve(runs.size());
    for (const Spoken& run : runs)
        values.push_back(run.*member);
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

// What encoding the sound takes, by its counters, which do not depend on time.
engine::Result<Json> countsOf(const engine::Model& model, std::span<const float> sound,
                              const std::stop_token& stop)
{
    ENGINE_TRY(auto clip, engine::AudioClip::create(model.audio()));
    for (std::size_t first = 0; first < sound.size(); first += kPieceSamples)
        ENGINE_TRY_VOID(clip.push(
            sound.subspan(first, std::min<std::size_t>(kPieceSamples, sound.size() - first)),
            stop));
    const engine::AudioCosts costs = clip.costs();
    const double heard = static_cast<double>(sound.size()) / kSampleRateHz;
    const double passes = std::max(1.0, static_cast<double>(costs.passes));
    const double dispatches = static_cast<double>(costs.dispatches) / passes;
    return Json{{"rows_per_clip", model.audio()->info().softTokensPerClip},
                {"blocks", model.audio()->info().blocks},
                {"state_bytes", costs.stateBytes},
                {"passes", costs.passes},
                {"dispatches_per_pass", dispatches},
                {"dispatches_per_pass_and_block", dispatches / model.audio()->info().blocks},
                {"gflop_per_second_of_sound", static_cast<double>(costs.flops) / heard / 1e9}};
}

// Two seconds, and what nearly fills a clip: 7 s of 7.7, 28 s of 30.
std::vector<double> defaultSeconds(double clipSeconds)
{
    constexpr double kLong = 0.94;
    return {std::min(2.0, clipSeconds * kLong), std::max(1.0, std::floor(clipSeconds * kLong))};
}

engine::Result<std::vector<double>> secondsToSpeak(const BenchOptions& options,
                                                   const engine::Model& model)
{
    if (options.repeats == 0)
        return engine::Error{engine::ErrorCode::InvalidInput, "--repeat must be 1 or more."};
    constexpr double kTenth = kSampleRateHz / 10.0;
    const auto clip = static_cast<double>(model.audio()->info().samplesPerClip);
    const double longest = std::floor((clip - double{kSilenceAfterClip}) / kTenth) / 10.0;
    if (options.clipSeconds.empty())
        return defaultSeconds(clip / kSampleRateHz);
    for (const double seconds : options.clipSeconds) {
        if (!(seconds * kSampleRateHz >= 1.0 && seconds <= longest))
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "--clip-seconds must be above 0 and at most " +
                                     decimalText(longest, 1) +
                                     ", as the model hears no more in one clip."};
    }
    return options.clipSeconds;
}

engine::Result<Json> measure(const engine::Model& model, engine::Session& session, double seconds,
                             std::uint32_t repeats, const std::stop_token& stop)
{
    const auto sound = humming(static_cast<std::uint64_t>(seconds * kSampleRateHz));
    std::vector<Spoken> runs;
    for (std::uint32_t i = 0; i < repeats; ++i) {
        ENGINE_TRY(const Spoken run, speak(model, session, sound, Pace::Speech, stop));
        runs.push_back(run);
    }
    return Json{{"seconds", seconds},
                {"first_token_milliseconds", 1e3 * median(runs, &Spoken::latencySeconds)},
                {"tokens_after_the_end", runs.front().tailTokens},
                {"host_share_of_a_core", median(runs, &Spoken::hostSeconds) / seconds}};
}

std::string toText(const Json& json)
{
    const auto number = [](const Json& value, int digits) {
        return decimalText(value.get<double>(), digits);
    };
    std::string text =
        json["model"].get<std::string>() + " on " + json["device"].get<std::string>() + "\n";
    for (const Json& clip : json["clips"])
        text += number(clip["seconds"], 1) + " s of speech: first token " +
                number(clip["first_token_milliseconds"], 1) + " ms after its end, " +
                clip["tokens_after_the_end"].dump() + " tokens left to read, host " +
                number(Json(100.0 * clip["host_share_of_a_core"].get<double>()), 2) +
                " % of a core\n";
    text += "a microphone of 48,000 Hz and two channels: " +
            number(Json(100.0 * json["microphone_share_of_a_core"].get<double>()), 2) +
            " % of a core\n";
    text += "longest over shortest " + number(json["longest_over_shortest"], 3) + "\n";
    for (const auto& [key, value] : json["encoder"].items())
        text += key + " " + (value.is_number_float() ? number(value, 2) : value.dump()) + "\n";
    return text;
}

}  // namespace

engine::Result<void> runBenchAudio(const CommonOptions& common, const BenchOptions& options,
                                   Interrupts& interrupts)
{
    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(const auto model, loadModel(common, stop));
    if (!model->audio())
        return engine::Error{engine::ErrorCode::InvalidInput, model->info().audioHint};
    ENGINE_TRY(const auto lengths, secondsToSpeak(options, *model));
    ENGINE_TRY(auto session, engine::Session::create(model, sessionOptions(common)));
    ENGINE_TRY_VOID(setSize(session, *model, options.size));

    const auto [shortest, longest] = std::minmax_element(lengths.begin(), lengths.end());
    const auto sound = humming(static_cast<std::uint64_t>(*longest * kSampleRateHz));
    // The driver compiles kernels when they are first used.
    ENGINE_TRY_VOID(speak(*model, session, sound, Pace::AtOnce, stop));
    ENGINE_TRY(const Json counts, countsOf(*model, sound, stop));
    ENGINE_TRY(const double microphone,
               microphoneShareOfACore(sound, model->audio()->info().samplesPerClip));
    Json clips = Json::array();
    for (const double seconds : lengths) {
        ENGINE_TRY(const Json clip, measure(*model, session, seconds, options.repeats, stop));
        clips.push_back(clip);
    }
    const auto latency = [&](auto place) {
        return clips[static_cast<std::size_t>(place - lengths.begin())]["first_token_milliseconds"]
            .template get<double>();
    };
    const Json json{{"model", model->info().name},
                    {"device", model->device().info().name},
                    {"repeats", options.repeats},
                    {"clips", clips},
                    {"microphone_share_of_a_core", microphone},
                    {"longest_over_shortest", latency(longest) / latency(shortest)},
                    {"encoder", counts}};
    print(options.asJson ? indented(Json{{"audio", json}}) : toText(json));
    return {};
}

}  // namespace app::cli
