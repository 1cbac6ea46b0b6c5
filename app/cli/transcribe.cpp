#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/measurements.h"
#include "app/cli/output.h"
#include "app/cli/progress_line.h"
#include "app/transcript.h"
#include "app/transcription.h"

namespace app::cli {
namespace {

// Where cues go: to a file, or to standard output as they come.
class CueOutput {
public:
    static engine::Result<CueOutput> create(const TranscribeOptions& options)
    {
        CueOutput output(options.format.value_or(formatOf(options.output)));
        if (!options.output.empty()) {
            ENGINE_TRY(auto file, TranscriptFile::create(options.output, output.m_format));
            output.m_file.emplace(std::move(file));
        }
        return output;
    }

    // Before the first cue, once nothing can fail any more but the sound itself.
    void begin() const
    {
        if (!m_file)
            print(transcriptHead(m_format));
    }

    engine::Result<void> add(const TranscriptCue& cue)
    {
        ++m_cues;
        if (m_file)
            return m_file->add(cue);
        print(cueText(m_format, m_cues, cue));
        return {};
    }

    // Keeps what there is.
    engine::Result<void> finish() { return m_file ? m_file->finish() : engine::Result<void>(); }

private:
    explicit CueOutput(TranscriptFormat format) : m_format(format) {}

    TranscriptFormat m_format;
    std::optional<TranscriptFile> m_file;
    std::size_t m_cues = 0;
};

// "Heard 2:03 of 1:00:00, 14:05 left".
std::string progressText(const Transcription& transcription, std::chrono::nanoseconds elapsed)
{
    const auto heard = transcription.heard();
    const auto length = transcription.length();
    std::string text = "Heard " + clockText(heard);
    if (length <= heard || heard.count() == 0)
        return text;
    const double rest = secondsOf(elapsed) * secondsOf(length - heard) / secondsOf(heard);
    const auto left = std::chrono::milliseconds(static_cast<std::int64_t>(rest * 1000.0));
    return text + " of " + clockText(length) + ", " + clockText(left) + " left";
}

engine::Result<void> writeCues(Transcription& transcription, CueOutput& output,
                               const std::stop_token& stop)
{
    const Stopwatch watch;
    ProgressLine line;
    const auto progress = [&](std::uint64_t) {
        line.show(progressText(transcription, watch.elapsed()));
    };
    for (;;) {
        ENGINE_TRY(const auto step, transcription.next(progress, stop));
        if (step.cue) {
            line.wipe();
            ENGINE_TRY_VOID(output.add(*step.cue));
        }
        if (step.isAtEnd)
            return {};
        progress(0);
    }
}

}  // namespace

engine::Result<void> runTranscribe(const CommonOptions& common, const TranscribeOptions& options,
                                   Interrupts& interrupts)
{
    ENGINE_TRY(SoundFile sound, SoundFile::open(options.sound));
    ENGINE_TRY(CueOutput output, CueOutput::create(options));
    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(auto model, loadModel(common, stop));
    ENGINE_TRY(
        auto transcription,
        Transcription::create(model, std::move(sound),
                              options.prompt.empty() ? Transcription::kPrompt : options.prompt,
                              sessionOptions(common)));

    output.begin();
    const Stopwatch watch;
    auto written = writeCues(transcription, output, stop);
    ENGINE_TRY_VOID(output.finish());
    if (common.isVerbose)
        note(clockText(transcription.heard()) + " of sound written down in " +
             decimalText(secondsOf(watch.elapsed()), 1) + " s.");
    return written;
}

}  // namespace app::cli
