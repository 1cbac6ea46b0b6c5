#pragma once

#include "app/cli/options.h"
#include "engine/result.h"

// One function for each command, each in a file of its own. What they return is printed by main().

namespace app::cli {

class Interrupts;

engine::Result<void> runDevices(const DevicesOptions& options);

// Prints what it found also where something is missing, and then fails with the first of it.
engine::Result<void> runInspect(const CommonOptions& common, const InspectOptions& options);

engine::Result<void> runTokenize(const CommonOptions& common, const TokenizeOptions& options);

engine::Result<void> runLogits(const CommonOptions& common, const LogitsOptions& options,
                               Interrupts& interrupts);

// Being interrupted is a way to finish: prints what there is.
engine::Result<void> runGenerate(const CommonOptions& common, const GenerateOptions& options,
                                 Interrupts& interrupts);

engine::Result<void> runEncodeImage(const CommonOptions& common, const EncodeImageOptions& options,
                                    Interrupts& interrupts);

// The rows that a sound becomes, pushed in pieces or as the file is read.
engine::Result<void> runEncodeAudio(const CommonOptions& common, const EncodeAudioOptions& options,
                                    Interrupts& interrupts);

// Being interrupted keeps what was written until then.
engine::Result<void> runTranscribe(const CommonOptions& common, const TranscribeOptions& options,
                                   Interrupts& interrupts);

engine::Result<void> runChat(const CommonOptions& common, const ChatOptions& options,
                             Interrupts& interrupts);

engine::Result<void> runBench(const CommonOptions& common, const BenchOptions& options,
                              Interrupts& interrupts);

// The part of `bench` that measures a picture.
engine::Result<void> runBenchImage(const CommonOptions& common, const BenchOptions& options,
                                   Interrupts& interrupts);

// The part that measures how soon a spoken message is answered.
engine::Result<void> runBenchAudio(const CommonOptions& common, const BenchOptions& options,
                                   Interrupts& interrupts);

// Being interrupted is a way to finish: prints what there is, and says how to go on.
engine::Result<void> runEval(const CommonOptions& common, const EvalOptions& options,
                             Interrupts& interrupts);

}  // namespace app::cli
