#include <cmath>
#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/measurements.h"
#include "app/cli/output.h"
#include "app/cli/pictures.h"
#include "app/cli/prompt_media.h"
#include "app/cli/sizes.h"
#include "app/cli/sounds.h"
#include "app/cli/text_file.h"
#include "engine/device.h"
#include "engine/session.h"

namespace app::cli {
namespace {

engine::Error invalid(std::string sentence)
{
    return {engine::ErrorCode::InvalidInput, std::move(sentence)};
}

engine::Result<void> checkSampling(const engine::SamplingOptions& sampling)
{
    const auto isPart = [](float value) { return value >= 0.0F && value <= 1.0F; };
    if (!std::isfinite(sampling.temperature) || sampling.temperature < 0.0F)
        return invalid("--temp must be 0 or more.");
    if (sampling.topK > engine::SamplingOptions::kMaxTopK)
        return invalid("--top-k must be from 0 to 256.");
    if (!isPart(sampling.topP) || sampling.topP == 0.0F)
        return invalid("--top-p must be above 0 and at most 1.");
    if (!isPart(sampling.minP))
        return invalid("--min-p must be from 0 to 1.");
    if (!std::isfinite(sampling.repetitionPenalty) || sampling.repetitionPenalty <= 0.0F)
        return invalid("--repeat-penalty must be above 0.");
    if (sampling.maxTokens == 0)
        return invalid("--max-tokens must be 1 or more.");
    return {};
}

engine::Result<void> checkOptions(const GenerateOptions& options)
{
    if (options.contextLength == 0U)
        return invalid("--context must be 1 or more.");
    return checkSampling(options.sampling);
}

// What is to be answered, before anything of it is encoded.
struct Prompt {
    std::vector<PromptPiece> pieces;
    std::vector<engine::Image> images;
    std::vector<SoundFile> sounds;
};

// The template trims white space around a prompt, so that only it is no prompt.
engine::Result<Prompt> readPrompt(const GenerateOptions& options)
{
    std::string prompt = options.prompt;
    if (prompt == "-") {
        ENGINE_TRY(prompt, readText("-"));
    }
    const bool isBlank = prompt.find_first_not_of(" \t\r\n") == std::string::npos;
    const bool isTextAlone = options.images.empty() && options.sounds.empty();
    if (isTextAlone && (options.isRaw ? prompt.empty() : isBlank))
        return invalid("The prompt is empty.");
    Prompt result;
    ENGINE_TRY(result.pieces, cutPrompt(prompt, options.images.size(), options.sounds.size()));
    ENGINE_TRY(result.images, readPictures(options.images));
    ENGINE_TRY(result.sounds, openSounds(options.sounds));
    return result;
}

engine::Result<engine::SessionOptions> withContext(engine::SessionOptions session,
                                                   const GenerateOptions& options,
                                                   const engine::ModelInfo& info)
{
    if (!options.contextLength)
        return session;
    if (*options.contextLength > info.contextLength) {
        return invalid("--context is " + std::to_string(*options.contextLength) + ", and " +
                       info.name + " was made for at most " + std::to_string(info.contextLength) +
                       " tokens.");
    }
    session.contextLength = *options.contextLength;
    return session;
}

struct Outcome {
    engine::Reply reply;
    std::uint32_t promptTokens = 0;
    std::chrono::nanoseconds loading{};
    std::chrono::nanoseconds encoding{};  // of pictures and sounds
    std::chrono::nanoseconds prefill{};
};

engine::Result<void> appendPrompt(const engine::Model& model, engine::Session& session,
                                  const GenerateOptions& options, Prompt& prompt,
                                  const std::stop_token& stop, Outcome& outcome)
{
    const Stopwatch encoding;
    std::vector<engine::SoftTokens> pictures;
    for (const engine::Image& image : prompt.images) {
        ENGINE_TRY(auto picture, encodePicture(model, image, stop));
        pictures.push_back(std::move(picture));
    }
    std::vector<std::vector<engine::SoftTokens>> sounds;
    for (SoundFile& file : prompt.sounds) {
        ENGINE_TRY(auto sound, encodeSound(model, file, session.capacity(), stop));
        sounds.push_back(std::move(sound));
    }
    outcome.encoding = encoding.elapsed();

    const Stopwatch prefill;
    const auto append = [&]() -> engine::Result<void> {
        if (options.isRaw)
            return session.appendRaw(prompt.pieces.front().text, stop);
        if (!options.system.empty())
            ENGINE_TRY_VOID(session.append({engine::Role::System, {options.system}}, stop));
        return session.append({engine::Role::User, toParts(prompt.pieces, pictures, sounds)}, stop);
    };
    auto appended = append();
    outcome.prefill = prefill.elapsed();
    return appended;
}

// Reads the prompt and answers it. Stopped while reading is stopped with nothing said.
engine::Result<void> answer(const engine::Model& model, engine::Session& session,
                            const GenerateOptions& options, Prompt& prompt,
                            const std::stop_token& stop, Outcome& outcome)
{
    outcome.reply.finish = engine::Finish::Stopped;
    const auto appended = appendPrompt(model, session, options, prompt, stop, outcome);
    if (!appended && appended.error().code == engine::ErrorCode::Cancelled)
        return {};
    ENGINE_TRY_VOID(appended);
    outcome.promptTokens = session.length();

    const auto sink = [&options](std::string_view text) {
        if (!options.asJson)
            print(text);
    };
    ENGINE_TRY(outcome.reply, session.generate(options.sampling, sink, stop));
    return {};
}

Json toJson(const Outcome& outcome, const engine::Session& session, const engine::Model& model)
{
    const engine::Reply& reply = outcome.reply;
    return {{"model", model.info().name},
            {"device", model.device().info().name},
            {"size", session.size().name},
            {"ids", reply.tokens},
            {"text", reply.text},
            {"finish", finishName(reply.finish)},
            {"prompt_tokens", outcome.promptTokens},
            {"generated_tokens", reply.tokens.size()},
            {"timings",
             {{"load_seconds", secondsOf(outcome.loading)},
              {"encode_seconds", secondsOf(outcome.encoding)},
              {"prefill_seconds", secondsOf(outcome.prefill)},
              {"time_to_first_token_seconds",
               secondsOf(outcome.encoding + outcome.prefill + reply.timeToFirstToken)},
              {"generate_seconds", secondsOf(reply.duration)},
              {"tokens_per_second", decodeSpeed(reply)}}},
            {"counters", countersJson(session.counters())}};
}

void report(const Outcome& outcome, const engine::Session& session, const engine::Model& model,
            const CommonOptions& common, const GenerateOptions& options)
{
    print(options.asJson ? compact(toJson(outcome, session, model)) : "\n");
    if (outcome.reply.finish == engine::Finish::ContextFull) {
        note("The context of " + std::to_string(session.capacity()) +
             " tokens is full; the answer ends here.");
    }
    if (common.isVerbose) {
        if (!options.images.empty() || !options.sounds.empty())
            note("Pictures and sounds encoded in " + decimalText(secondsOf(outcome.encoding), 2) +
                 " s.");
        note(std::to_string(outcome.promptTokens) + " tokens read in " +
             decimalText(secondsOf(outcome.prefill), 2) + " s, " +
             std::to_string(outcome.reply.tokens.size()) + " generated at " +
             decimalText(decodeSpeed(outcome.reply), 1) + " tokens/s.");
    }
}

}  // namespace

engine::Result<void> runGenerate(const CommonOptions& common, const GenerateOptions& options,
                                 Interrupts& interrupts)
{
    ENGINE_TRY_VOID(checkOptions(options));
    ENGINE_TRY(Prompt prompt, readPrompt(options));

    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    Outcome outcome;
    const Stopwatch watch;
    ENGINE_TRY(auto model, loadModel(common, stop));
    outcome.loading = watch.elapsed();
    ENGINE_TRY(const auto context, withContext(sessionOptions(common), options, model->info()));
    ENGINE_TRY(auto session, engine::Session::create(model, context));
    ENGINE_TRY_VOID(setSize(session, *model, options.size));

    const auto answered = answer(*model, session, options, prompt, stop, outcome);
    if (!answered) {
        if (!options.asJson && session.length() > outcome.promptTokens && outcome.promptTokens > 0)
            print("\n");
        return answered.error();
    }
    report(outcome, session, *model, common, options);
    return {};
}

}  // namespace app::cli
