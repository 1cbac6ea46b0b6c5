#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/loading.h"
#include "app/cli/output.h"
#include "app/cli/progress_line.h"
#include "app/embedded_model.h"
#include "app/evaluation/chart.h"
#include "app/evaluation/export.h"
#include "app/evaluation/setup.h"

namespace app::cli {
namespace {

using evaluation::Progress;
using evaluation::Run;

// "all" is no name: then every size of the file is meant.
engine::Result<std::vector<std::string>> sizeNames(const std::string& text)
{
    std::vector<std::string> names;
    if (text == "all")
        return names;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (end == begin)
            return engine::Error{engine::ErrorCode::InvalidInput,
                                 "--sizes has a name of no letters; write names with one comma "
                                 "between, or all."};
        names.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return names;
}

std::string timeText(double seconds)
{
    return seconds < 90 ? decimalText(seconds, 0) + " s" : decimalText(seconds / 60, 0) + " min";
}

std::string progressText(const Progress& progress)
{
    std::string text =
        std::to_string(progress.done) + " of " + std::to_string(progress.total) + " done";
    if (progress.secondsLeft)
        text += ", " + timeText(*progress.secondsLeft) + " left";
    return text;
}

// False if it was interrupted.
engine::Result<bool> runAll(Run& run, const std::stop_token& stop)
{
    ProgressLine line;
    for (;;) {
        const auto more = run.step(stop);
        if (!more && more.error().code == engine::ErrorCode::Cancelled)
            return false;
        ENGINE_TRY_VOID(more);
        if (!*more)
            return true;
        line.show(progressText(run.progress()));
    }
}

std::string formatted(const Run& run, EvalOptions::Format format)
{
    switch (format) {
    case EvalOptions::Format::FullJson:
        return toJson(run);
    case EvalOptions::Format::Csv:
        return toCsv(run.report());
    case EvalOptions::Format::Markdown:
        break;
    }
    return toMarkdown(run.report());
}

void sayWhereItEnded(const Run& run, const EvalOptions& options)
{
    const Progress progress = run.progress();
    note("Stopped with " + std::to_string(progress.done) + " of " + std::to_string(progress.total) +
         " done" +
         (options.journal.empty() ? "; with --resume an evaluation can go on later."
                                  : "; the same command goes on from there."));
}

}  // namespace

engine::Result<void> runEval(const CommonOptions& common, const EvalOptions& options,
                             Interrupts& interrupts)
{
    evaluation::Request request;
    request.examples = options.examples;
    if (options.examples.empty() && options.text.empty())
        request.examples = shippedExamplesPath();
    request.model = modelPaths(common).path;
    request.text = options.text;
    request.mostTokens = options.mostTokens;
    request.journal = options.journal;
    request.session = sessionOptions(common);
    ENGINE_TRY(request.sizes, sizeNames(options.sizes));

    // A wrong file should not be found out only when a large model has been loaded.
    ENGINE_TRY(auto material, readMaterial(request));
    const std::stop_token stop = interrupts.arm(Interrupts::Second::EndsProgram);
    ENGINE_TRY(const auto model, loadModel(common, stop));
    ENGINE_TRY(const auto run, prepare(model, request, std::move(material), stop));
    ENGINE_TRY(const bool isDone, runAll(*run, stop));
    print(formatted(*run, options.format));
    if (!options.picture.empty())
        ENGINE_TRY_VOID(saveChart(run->report(), options.picture));
    if (!isDone)
        sayWhereItEnded(*run, options);
    return {};
}

}  // namespace app::cli
