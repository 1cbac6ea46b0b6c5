#include <string>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "app/picture_file.h"
#include "engine/device.h"
#include "engine/encoders.h"

namespace app::cli {
namespace {

double gigaPerSecond(double count, double seconds)
{
    return seconds > 0.0 ? count / seconds / 1e9 : 0.0;
}

Json toJson(const engine::VisionCosts& costs, const engine::VisionInfo& info, std::uint32_t size,
            const std::string& device)
{
    Json kinds = Json::array();
    double seconds = 0.0;
    std::uint64_t flops = 0;
    std::uint64_t dispatches = 0;
    for (const auto& kind : costs.kinds) {
        kinds.push_back(
            {{"kind", kind.name},
             {"milliseconds", 1e3 * kind.seconds},
             {"flops", kind.flops},
             {"gflops_per_second", gigaPerSecond(static_cast<double>(kind.flops), kind.seconds)},
             {"dispatches", kind.dispatches}});
        seconds += kind.seconds;
        flops += kind.flops;
        dispatches += kind.dispatches;
    }
    const double dense = gigaPerSecond(static_cast<double>(costs.denseFlops), costs.denseSeconds);
    const double product = costs.productFlopsPerSecond / 1e9;
    return {{"device", device},
            {"size", size},
            {"soft_tokens", info.softTokens},
            {"parameters", info.parameters},
            {"milliseconds", 1e3 * seconds},
            {"flops", flops},
            {"gflops_per_second", gigaPerSecond(static_cast<double>(flops), seconds)},
            {"dense_gflops_per_second", dense},
            {"product_gflops_per_second", product},
            {"dense_share_of_product", product > 0.0 ? dense / product : 0.0},
            {"dispatches", dispatches},
            {"submissions", costs.submissions},
            {"longest_submission_milliseconds", 1e3 * costs.longestSubmissionSeconds},
            {"weight_bytes", costs.weightBytes},
            {"activation_bytes", costs.activationBytes},
            {"kinds", kinds}};
}

std::string toText(const Json& json)
{
    const auto number = [](const Json& value) { return decimalText(value.get<double>(), 1); };
    std::string text = "A picture of " + json["size"].dump() + " pixels a side on " +
                       json["device"].get<std::string>() + ": " + number(json["milliseconds"]) +
                       " ms, " + number(json["gflops_per_second"]) + " GFLOP/s\n";
    for (const Json& kind : json["kinds"]) {
        text += kind["kind"].get<std::string>() + ": " + number(kind["milliseconds"]) + " ms, " +
                number(kind["gflops_per_second"]) + " GFLOP/s, " + kind["dispatches"].dump() +
                " dispatches\n";
    }
    text += "dense convolutions: " + number(json["dense_gflops_per_second"]) +
            " GFLOP/s, a large product of matrices: " + number(json["product_gflops_per_second"]) +
            " GFLOP/s\n";
    for (const char* key : {"flops", "submissions", "longest_submission_milliseconds",
                            "weight_bytes", "activation_bytes"})
        text += std::string(key) + " " + json[key].dump() + "\n";
    return text;
}

}  // namespace

engine::Result<void> runBenchImage(const CommonOptions& common, const BenchOptions& options,
                                   Interrupts& interrupts)
{
    ENGINE_TRY(const engine::Image image, readPicture(options.image));
    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(const auto encoder, loadVisionEncoder(common, stop));
    const std::uint32_t size = options.imageSize.value_or(encoder->info().imageSize);
    ENGINE_TRY(const engine::VisionCosts costs, encoder->measure(image, size, stop));
    const Json json = toJson(costs, encoder->info(), size, encoder->device().info().name);
    print(options.asJson ? indented(Json{{"image", json}}) : toText(json));
    return {};
}

}  // namespace app::cli
