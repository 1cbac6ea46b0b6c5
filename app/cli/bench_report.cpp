#include "app/cli/bench_report.h"

#include <algorithm>

#include "engine/device.h"
#include "engine/model.h"

namespace app::cli {
namespace {

double median(const std::vector<BenchRun>& runs, double BenchRun::*member)
{
    std::vector<double> values;
    values.reserve(runs.size());
    for (const BenchRun& run : runs)
        values.push_back(run.*member);
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

double ratio(double value, double by)
{
    return by > 0.0 ? value / by : 0.0;
}

// A whole number where it is one.
Json each(std::uint64_t total, std::uint64_t count)
{
    if (count != 0 && total % count == 0)
        return total / count;
    return ratio(static_cast<double>(total), static_cast<double>(count));
}

Json prefillJson(const std::vector<BenchRun>& runs)
{
    const engine::Counters& counters = runs.front().prefill;
    const double seconds = median(runs, &BenchRun::prefillSeconds);
    return {{"tokens", counters.tokensPrefilled},
            {"seconds", seconds},
            {"tokens_per_second", ratio(static_cast<double>(counters.tokensPrefilled), seconds)},
            {"flops_per_token", each(counters.flops, counters.tokensPrefilled)},
            {"all_layer_flops_per_token", each(counters.allLayerFlops, counters.tokensPrefilled)},
            {"flops", counters.flops},
            {"dispatches", counters.dispatches},
            {"submissions", counters.submissions},
            {"waits", counters.waits},
            {"weight_bytes", counters.weightBytesRead},
            {"bytes_read_back", counters.bytesReadBack}};
}

Json decodeJson(const std::vector<BenchRun>& runs)
{
    const engine::Counters& counters = runs.front().decode;
    const std::uint64_t tokens = counters.tokensDecoded;
    const double seconds = median(runs, &BenchRun::decodeSeconds);
    return {{"tokens", tokens},
            {"seconds", seconds},
            {"tokens_per_second", ratio(static_cast<double>(tokens), seconds)},
            {"flops_per_token", each(counters.flops, tokens)},
            {"dispatches_per_token", each(counters.dispatches, tokens)},
            {"submissions_per_token", each(counters.submissions, tokens)},
            {"waits_per_token", each(counters.waits, tokens)},
            {"commands_recorded_per_token", each(counters.commandsRecorded, tokens)},
            {"weight_bytes_per_token", each(counters.weightBytesRead, tokens)},
            {"least_weight_bytes_per_token", each(counters.leastWeightBytes, tokens)},
            {"bytes_read_back_per_token", each(counters.bytesReadBack, tokens)}};
}

std::string switchText(const Json& json)
{
    return "from size " + json["from"].get<std::string>() + " to " + json["to"].get<std::string>() +
           " in " + decimalText(json["seconds"].get<double>() * 1e3, 2) + " ms; on the device " +
           json["device_bytes_before"].dump() + " bytes before, " +
           json["device_bytes_after"].dump() + " after\n";
}

}  // namespace

Json benchJson(const std::vector<BenchRun>& runs, const engine::Model& model,
               const engine::Session& session)
{
    return {{"model", model.info().name},
            {"device", model.device().info().name},
            {"size", session.size().name},
            {"repeats", runs.size()},
            {"device_weight_bytes", model.info().deviceWeightBytes},
            {"device_session_bytes", session.deviceBytes()},
            {"time_to_first_token_seconds", median(runs, &BenchRun::firstTokenSeconds)},
            {"prefill", prefillJson(runs)},
            {"decode", decodeJson(runs)}};
}

std::string benchText(const Json& json)
{
    std::string text = json["model"].get<std::string>() + ", size " +
                       json["size"].get<std::string>() + ", on " +
                       json["device"].get<std::string>() + "\n";
    for (const char* half : {"prefill", "decode"}) {
        text += std::string(half) + ": " + json[half]["tokens"].dump() + " tokens in " +
                decimalText(json[half]["seconds"].get<double>(), 3) + " s, " +
                decimalText(json[half]["tokens_per_second"].get<double>(), 1) + " tokens/s\n";
    }
    text += "first token after " +
            decimalText(json["time_to_first_token_seconds"].get<double>(), 3) + " s\n";
    for (const auto& [key, value] : json["decode"].items()) {
        if (key.ends_with("_per_token"))
            text += key + " " + value.dump() + "\n";
    }
    if (json.contains("size_switch"))
        text += switchText(json["size_switch"]);
    return text;
}

}  // namespace app::cli
