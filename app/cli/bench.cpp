#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/cli/bench_report.h"
#include "app/cli/bench_switch.h"
#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/measurements.h"
#include "app/cli/output.h"
#include "app/cli/sizes.h"
#include "app/cli/synthetic_model.h"
#include "engine/session.h"

namespace app::cli {
namespace {

using engine::TokenId;

engine::Result<void> checkOptions(const BenchOptions& options)
{
    if (options.promptTokens == 0 || options.generatedTokens == 0 || options.repeats == 0) {
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "--prompt, --generate and --repeat must be 1 or more."};
    }
    return {};
}

// One id more than are to be read at once, as the last is fed by the step that draws the first
// token. The same pseudo-random ids in every run, from the middle of the vocabulary: ordinary text,
// far from the control tokens at its start and the tokens for pictures and sound at its end.
std::vector<TokenId> promptIds(std::uint32_t count, std::uint32_t vocabularySize)
{
    const std::uint32_t first = vocabularySize / 4;
    std::vector<TokenId> ids(std::size_t{count} + 1);
    std::uint32_t state = 1;
    for (TokenId& id : ids) {
        state = state * 1664525U + 1013904223U;
        id = first + (state >> 8) % std::max(first, 1U);
    }
    return ids;
}

// So hot that every candidate is as likely as another: the end of the turn is rarely drawn, and the
// work for a token is that of ordinary sampling.
engine::SamplingOptions hotSampling(std::uint64_t seed, std::uint32_t maxTokens)
{
    return {.temperature = 1000.0F, .topP = 1.0F, .seed = seed, .maxTokens = maxTokens};
}

void add(engine::Counters& sum, const engine::Counters& more)
{
    sum.dispatches += more.dispatches;
    sum.submissions += more.submissions;
    sum.waits += more.waits;
    sum.weightBytesRead += more.weightBytesRead;
    sum.bytesReadBack += more.bytesReadBack;
    sum.flops += more.flops;
    sum.commandsRecorded += more.commandsRecorded;
    sum.leastWeightBytes += more.leastWeightBytes;
    sum.allLayerFlops += more.allLayerFlops;
    sum.tokensPrefilled += more.tokensPrefilled;
    sum.tokensDecoded += more.tokensDecoded;
}

// Decodes `count` tokens. Where the model ends its turn before, it has to go on.
engine::Result<void> decode(engine::Session& session, std::uint32_t count,
                            const std::stop_token& stop, BenchRun& run)
{
    while (run.decode.tokensDecoded < count) {
        const auto left = static_cast<std::uint32_t>(count - run.decode.tokensDecoded);
        const engine::Counters before = session.counters();
        const Stopwatch watch;
        ENGINE_TRY(const engine::Reply reply, session.generate(hotSampling(left, left), {}, stop));
        run.decodeSeconds += secondsOf(watch.elapsed());
        if (run.decode.tokensDecoded == 0)
            run.firstTokenSeconds = run.prefillSeconds + secondsOf(reply.timeToFirstToken);
        add(run.decode, difference(session.counters(), before));
        if (reply.finish == engine::Finish::Stopped)
            return engine::Error{engine::ErrorCode::Cancelled, "The measurement was stopped."};
        if (reply.finish == engine::Finish::ContextFull) {
            return engine::Error{engine::ErrorCode::ContextFull,
                                 "The context was full before all tokens were generated."};
        }
    }
    return {};
}

engine::Result<BenchRun> runOnce(engine::Session& session, std::span<const TokenId> prompt,
                                 std::uint32_t generated, const std::stop_token& stop)
{
    BenchRun run;
    session.truncate(0);
    const engine::Counters before = session.counters();
    const Stopwatch watch;
    ENGINE_TRY_VOID(session.appendTokens(prompt, stop));
    run.prefillSeconds = secondsOf(watch.elapsed());
    run.prefill = difference(session.counters(), before);
    ENGINE_TRY_VOID(decode(session, generated, stop, run));
    return run;
}

engine::Result<engine::Session> createSession(const std::shared_ptr<const engine::Model>& model,
                                              const BenchOptions& options,
                                              const CommonOptions& common)
{
    const std::uint64_t context = model->info().contextLength;
    const std::uint64_t needed = std::uint64_t{options.promptTokens} + 1 + options.generatedTokens;
    if (needed > context) {
        return engine::Error{engine::ErrorCode::InvalidInput,
                             "--prompt and --generate need " + std::to_string(needed) +
                                 " tokens, and the context of " + model->info().name + " holds " +
                                 std::to_string(context) + "."};
    }
    engine::SessionOptions session = sessionOptions(common);
    session.contextLength = static_cast<std::uint32_t>(needed);
    return engine::Session::create(model, session);
}

engine::Result<std::vector<BenchRun>> runAll(engine::Session& session,
                                             const std::vector<TokenId>& prompt,
                                             const BenchOptions& options,
                                             const std::stop_token& stop)
{
    // The driver compiles kernels when they are first used.
    constexpr std::size_t kWarmUpTokens = 8;
    const auto few = std::span(prompt).first(std::min(prompt.size(), kWarmUpTokens));
    ENGINE_TRY_VOID(runOnce(session, few, 1, stop));

    std::vector<BenchRun> runs;
    for (std::uint32_t i = 0; i < options.repeats; ++i) {
        ENGINE_TRY(const BenchRun run, runOnce(session, prompt, options.generatedTokens, stop));
        runs.push_back(run);
    }
    return runs;
}

// The model that was asked for. One that is made up is removed as soon as it is mapped.
engine::Result<std::shared_ptr<const engine::Model>> loadBenchModel(const CommonOptions& common,
                                                                    const std::string& synthetic,
                                                                    const std::stop_token& stop)
{
    if (synthetic.empty())
        return loadModel(common, stop);
    ENGINE_TRY(const SyntheticModel file, SyntheticModel::write(synthetic));
    CommonOptions named = common;
    named.model = file.path();
    return loadModel(named, stop);
}

}  // namespace

engine::Result<void> runBench(const CommonOptions& common, const BenchOptions& options,
                              Interrupts& interrupts)
{
    if (!options.image.empty())
        return runBenchImage(common, options, interrupts);
    if (options.isSpoken)
        return runBenchAudio(common, options, interrupts);
    ENGINE_TRY_VOID(checkOptions(options));
    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(auto model, loadBenchModel(common, options.synthetic, stop));
    ENGINE_TRY(auto session, createSession(model, options, common));
    ENGINE_TRY_VOID(setSize(session, *model, options.size));
    const auto prompt = promptIds(options.promptTokens, model->info().vocabularySize);
    ENGINE_TRY(const auto runs, runAll(session, prompt, options, stop));
    Json json = benchJson(runs, *model, session);
    session.truncate(static_cast<std::uint32_t>(prompt.size()));
    ENGINE_TRY(const auto change, measureSwitch(session, *model, stop));
    if (change)
        json["size_switch"] = switchJson(*change);
    print(options.asJson ? indented(json) : benchText(json));
    return {};
}

}  // namespace app::cli
