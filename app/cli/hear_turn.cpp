#include "app/cli/hear_turn.h"

#include <chrono>
#include <span>
#include <utility>
#include <vector>

#include "app/cli/listening.h"
#include "app/cli/output.h"
#include "app/cli/progress_line.h"
#include "app/spoken_turn.h"

namespace app::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{25};

engine::Error invalid(const std::string& sentence)
{
    return {engine::ErrorCode::InvalidInput, sentence};
}

}  // namespace

engine::Result<std::string> hearTurn(const ChatOptions& options, LineReader& reader,
                                     SpokenMessage& message, std::uint64_t samplesPerClip,
                                     const std::stop_token& stop)
{
    ENGINE_TRY(Listening listening, Listening::start(options.microphone));
    engine::Result<void> result;
    SpokenTurn turn(samplesPerClip,
                    options.endsAtPause ? SpokenTurn::End::ByPause : SpokenTurn::End::ByHand,
                    [&](std::span<const float> samples, bool endsClip) {
                        if (result)
                            result = message.hear(samples, endsClip, stop);
                    });
    ProgressLine level(std::chrono::milliseconds(0));
    bool hasStarted = false;
    std::string line;
    LineEvent event = LineEvent::Nothing;
    while (event == LineEvent::Nothing && !turn.isOver() && listening.problem().empty()) {
        event = reader.read(line, kInterval);
        const std::vector<float> samples = listening.take();
        if (!samples.empty() && !std::exchange(hasStarted, true))
            note("Listening to \"" + listening.deviceName() + "\"; Enter ends it.");
        turn.push(samples);
        level.show(listening.levelLine() + " ");
        ENGINE_TRY_VOID(result);
    }
    level.wipe();
    if (event == LineEvent::Interrupted)
        return engine::Error{engine::ErrorCode::Cancelled, "Stopped"};
    turn.push(listening.finish());
    turn.finish();
    ENGINE_TRY_VOID(result);
    const std::string problem = listening.problem();
    if (turn.isEmpty())
        return invalid(problem.empty() ? "Nothing was heard." : problem);
    if (!problem.empty())
        note(problem);
    if (listening.lost().isAny())
        note(listening.lost().sentence());
    return line;
}

}  // namespace app::cli
