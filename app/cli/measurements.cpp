#include "app/cli/measurements.h"

#include <ctime>

namespace app::cli {

engine::Counters difference(const engine::Counters& after, const engine::Counters& before)
{
    return {.dispatches = after.dispatches - before.dispatches,
            .submissions = after.submissions - before.submissions,
            .waits = after.waits - before.waits,
            .commandsRecorded = after.commandsRecorded - before.commandsRecorded,
            .weightBytesRead = after.weightBytesRead - before.weightBytesRead,
            .leastWeightBytes = after.leastWeightBytes - before.leastWeightBytes,
            .bytesReadBack = after.bytesReadBack - before.bytesReadBack,
            .flops = after.flops - before.flops,
            .allLayerFlops = after.allLayerFlops - before.allLayerFlops,
            .tokensPrefilled = after.tokensPrefilled - before.tokensPrefilled,
            .tokensDecoded = after.tokensDecoded - before.tokensDecoded};
}

Json countersJson(const engine::Counters& counters)
{
    return {{"dispatches", counters.dispatches},
            {"submissions", counters.submissions},
            {"waits", counters.waits},
            {"commands_recorded", counters.commandsRecorded},
            {"weight_bytes_read", counters.weightBytesRead},
            {"least_weight_bytes", counters.leastWeightBytes},
            {"bytes_read_back", counters.bytesReadBack},
            {"flops", counters.flops},
            {"all_layer_flops", counters.allLayerFlops},
            {"tokens_prefilled", counters.tokensPrefilled},
            {"tokens_decoded", counters.tokensDecoded}};
}

const char* finishName(engine::Finish finish) noexcept
{
    switch (finish) {
    case engine::Finish::EndOfTurn:
        return "end_of_turn";
    case engine::Finish::TokenLimit:
        return "token_limit";
    case engine::Finish::ContextFull:
        return "context_full";
    case engine::Finish::Stopped:
        break;
    }
    return "stopped";
}

double secondsOf(std::chrono::nanoseconds duration) noexcept
{
    return std::chrono::duration<double>(duration).count();
}

double threadSeconds() noexcept
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double decodeSpeed(const engine::Reply& reply) noexcept
{
    const double seconds = secondsOf(reply.duration - reply.timeToFirstToken);
    if (reply.tokens.size() < 2 || seconds <= 0.0)
        return 0.0;
    return static_cast<double>(reply.tokens.size() - 1) / seconds;
}

}  // namespace app::cli
