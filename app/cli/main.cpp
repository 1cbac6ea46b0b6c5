#include <csignal>
#include <exception>
#include <string>
#include <variant>

#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "engine/log.h"

namespace {

using namespace app::cli;

// Nobody reads what we print any more: there is nothing left to do, and nothing to complain of.
extern "C" void leaveQuietly(int)
{
    _exit(kExitFine);
}

void logToStandardError(bool isVerbose)
{
    engine::setLogSink([isVerbose](engine::LogLevel level, std::string_view message) {
        if (isVerbose || level != engine::LogLevel::Debug)
            note(message);
    });
}

struct RunCommand {
    const CommonOptions& common;
    Interrupts& interrupts;

    engine::Result<void> operator()(const DevicesOptions& options) { return runDevices(options); }
    engine::Result<void> operator()(const InspectOptions& options)
    {
        return runInspect(common, options);
    }
    engine::Result<void> operator()(const TokenizeOptions& options)
    {
        return runTokenize(common, options);
    }
    engine::Result<void> operator()(const LogitsOptions& options)
    {
        return runLogits(common, options, interrupts);
    }
    engine::Result<void> operator()(const GenerateOptions& options)
    {
        return runGenerate(common, options, interrupts);
    }
    engine::Result<void> operator()(const EncodeImageOptions& options)
    {
        return runEncodeImage(common, options, interrupts);
    }
    engine::Result<void> operator()(const EncodeAudioOptions& options)
    {
        return runEncodeAudio(common, options, interrupts);
    }
    engine::Result<void> operator()(const TranscribeOptions& options)
    {
        return runTranscribe(common, options, interrupts);
    }
    engine::Result<void> operator()(const ChatOptions& options)
    {
        return runChat(common, options, interrupts);
    }
    engine::Result<void> operator()(const BenchOptions& options)
    {
        return runBench(common, options, interrupts);
    }
    engine::Result<void> operator()(const EvalOptions& options)
    {
        return runEval(common, options, interrupts);
    }
};

int run(const Options& options)
{
    Interrupts interrupts;
    const auto result = std::visit(RunCommand{options.common, interrupts}, options.command);
    if (!result && result.error().code == engine::ErrorCode::Cancelled)
        Interrupts::endProgram();
    if (!result) {
        note(result.error().message);
        return exitCode(result.error().code);
    }
    if (!isOutputWritten()) {
        note("Standard output cannot be written.");
        return kExitBadInput;
    }
    return kExitFine;
}

}  // namespace

// Our own code throws nothing; the libraries do where memory ends.
int main(int argc, char** argv)
try {
    std::signal(SIGPIPE, leaveQuietly);
    const auto options = readOptions(argc, argv);
    if (const int* code = std::get_if<int>(&options))
        return *code;
    logToStandardError(std::get<Options>(options).common.isVerbose);
    return run(std::get<Options>(options));
} catch (const std::exception& error) {
    note(error.what());
    return kExitDevice;
}
