#include "app/cli/bench_switch.h"

#include <algorithm>
#include <limits>

#include "app/cli/measurements.h"
#include "engine/device.h"
#include "engine/model.h"

namespace app::cli {
namespace {

constexpr int kSwitches = 10;  // there, and as many back

// The smallest other size that can be run.
std::optional<engine::ModelSize> otherSize(const engine::Model& model, const std::string& name)
{
    std::optional<engine::ModelSize> other;
    for (const engine::SizeInfo& info : model.sizes().sizes) {
        if (info.refusal.empty() && info.size.name != name)
            other = info.size;
    }
    return other;
}

// Goes to another size and draws a token there. Returns how long the first took.
engine::Result<double> switchTo(engine::Session& session, const engine::ModelSize& size,
                                const std::stop_token& stop)
{
    const std::uint32_t length = session.length();
    const Stopwatch watch;
    ENGINE_TRY_VOID(session.setSize(size, engine::CacheAtSwitch::Keep));
    const double seconds = secondsOf(watch.elapsed());
    ENGINE_TRY(const engine::Reply reply,
               session.generate({.temperature = 0.0F, .maxTokens = 1}, {}, stop));
    if (reply.finish == engine::Finish::Stopped)
        return engine::Error{engine::ErrorCode::Cancelled, "The measurement was stopped."};
    if (reply.finish == engine::Finish::ContextFull)
        return engine::Error{engine::ErrorCode::ContextFull,
                             "The context has no room for another token."};
    session.truncate(length);
    return seconds;
}

}  // namespace

engine::Result<std::optional<SwitchCosts>>
measureSwitch(engine::Session& session, const engine::Model& model, const std::stop_token& stop)
{
    const engine::ModelSize size = session.size();
    const auto other = otherSize(model, size.name);
    if (!other)
        return std::optional<SwitchCosts>();
    SwitchCosts costs{size.name, other->name};
    costs.deviceBytesBefore = model.device().allocatedBytes();
    costs.seconds = std::numeric_limits<double>::max();
    for (int i = 0; i < kSwitches; ++i) {
        for (const engine::ModelSize* next : {&*other, &size}) {
            ENGINE_TRY(const double taken, switchTo(session, *next, stop));
            costs.seconds = std::min(costs.seconds, taken);
        }
    }
    costs.deviceBytesAfter = model.device().allocatedBytes();
    return std::optional(costs);
}

Json switchJson(const SwitchCosts& costs)
{
    return {{"from", costs.from},
            {"to", costs.to},
            {"seconds", costs.seconds},
            {"device_bytes_before", costs.deviceBytesBefore},
            {"device_bytes_after", costs.deviceBytesAfter}};
}

}  // namespace app::cli
