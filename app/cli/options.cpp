#include "app/cli/options.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli/output.h"

namespace app::cli {
namespace {

// Where CLI11 puts what it reads, one member for each command.
struct Targets {
    CommonOptions common;
    DevicesOptions devices;
    InspectOptions inspect;
    TokenizeOptions tokenize;
    LogitsOptions logits;
    GenerateOptions generate;
    EncodeImageOptions encodeImage;
    EncodeAudioOptions encodeAudio;
    TranscribeOptions transcribe;
    ChatOptions chat;
    BenchOptions bench;
    EvalOptions eval;
};

void addCommonOptions(CLI::App& app, CommonOptions& options)
{
    app.add_option("--device", options.device, "Device by its number or a part of its name")
        ->type_name("N|NAME");
    app.add_option("--model", options.model, "Model to use instead of the embedded one")
        ->type_name("FILE|FOLDER");
    app.add_option("--mmproj", options.mmproj,
                   "File with the model's encoders, where it is not beside the model")
        ->type_name("FILE");
    app.add_flag("--plain", options.isPlain,
                 "Compute with plain kernels and in 32 bits throughout, the reference");
    app.add_flag("--verbose", options.isVerbose, "Say on standard error what is done");
}

void addSize(CLI::App& command, std::string& size)
{
    command
        .add_option("--size", size,
                    "Nested size to run: its name, a fraction of the model, or a list of sizes; "
                    "inspect lists them")
        ->type_name("NAME|FRACTION|FILE");
}

void addDevices(CLI::App& app, DevicesOptions& options)
{
    CLI::App* command = app.add_subcommand("devices", "List the Vulkan devices of this machine");
    command->add_flag("--json", options.asJson, "Print JSON");
}

void addInspect(CLI::App& app, InspectOptions& options)
{
    CLI::App* command = app.add_subcommand("inspect", "Say what a model is and what it needs");
    command->add_flag("--json", options.asJson, "Print JSON");
}

void addTokenize(CLI::App& app, TokenizeOptions& options)
{
    CLI::App* command = app.add_subcommand("tokenize", "Turn lines of text into token ids");
    command->add_option("--jsonl", options.lines, "Lines of JSON with `text`; - for standard input")
        ->type_name("FILE")
        ->required();
}

void addLogits(CLI::App& app, LogitsOptions& options)
{
    CLI::App* command = app.add_subcommand("logits", "Write the logits after each of some tokens");
    command->add_option("--ids", options.ids, "JSON array of token ids, or an object with `ids`")
        ->type_name("FILE")
        ->required();
    command->add_option("--out", options.output, "Safetensors file to write")
        ->type_name("FILE")
        ->required();
    command->add_option("--chunk", options.chunk, "Tokens read at a time, 1 to 256")
        ->type_name("N")
        ->capture_default_str();
    command->add_flag("--streams", options.withStreams, "Also write the streams before each layer");
    addSize(*command, options.size);
}

// CLI11 would wrap a negative number around where 64 bits are read.
std::string isNotNegative(const std::string& text)
{
    return text.starts_with('-') ? "it must be 0 or more" : "";
}

void addGenerate(CLI::App& app, GenerateOptions& options)
{
    CLI::App* command = app.add_subcommand("generate", "Answer one prompt");
    command->add_option("prompt", options.prompt, "What to answer; - for standard input")
        ->type_name("PROMPT")
        ->required();
    CLI::Option* images =
        command->add_option("--image", options.images,
                            "Show this picture, where the prompt says <image> or before it; may "
                            "be given again");
    images->type_name("FILE")->allow_extra_args(false);
    CLI::Option* sounds =
        command->add_option("--audio", options.sounds,
                            "Let it hear this sound, where the prompt says <audio> or before it; "
                            "may be given again");
    sounds->type_name("FILE")->allow_extra_args(false);
    addSize(*command, options.size);
    CLI::Option* system =
        command->add_option("--system", options.system, "System text, put before the prompt");
    system->type_name("TEXT");
    const auto add = [command](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->capture_default_str();
    };
    add("--temp", options.sampling.temperature, "Temperature; 0 picks the likeliest token");
    add("--top-k", options.sampling.topK, "Draw from the likeliest N, 0 to 256; 0 means 256");
    add("--top-p", options.sampling.topP, "Draw from the likeliest that make up this much");
    add("--min-p", options.sampling.minP, "Least probability, relative to the likeliest token");
    add("--repeat-penalty", options.sampling.repetitionPenalty, "1 is off");
    add("--seed", options.sampling.seed, "Same seed, same text, on the same device")
        ->check(isNotNegative);
    add("--max-tokens", options.sampling.maxTokens, "Stop after so many tokens");
    command->add_option("--context", options.contextLength, "Tokens that the context holds");
    command->add_flag("--raw", options.isRaw, "Continue the prompt, without the chat template")
        ->excludes(system)
        ->excludes(images)
        ->excludes(sounds);
    command->add_flag("--json", options.asJson, "Print one JSON object at the end");
}

void addEncodeImage(CLI::App& app, EncodeImageOptions& options)
{
    CLI::App* command = app.add_subcommand(
        "encode-image", "Write the rows that a picture becomes for the text model");
    command->add_option("image", options.image, "Picture to encode")->type_name("FILE")->required();
    command->add_option("--out", options.output, "Safetensors file to write")
        ->type_name("FILE")
        ->required();
    command->add_option("--size", options.size, "Pixels of a side that it is squashed to")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
}

void addEncodeAudio(CLI::App& app, EncodeAudioOptions& options)
{
    CLI::App* command = app.add_subcommand(
        "encode-audio", "Write the rows that a sound becomes for the text model");
    command->add_option("sound", options.sound, "Sound to encode")->type_name("FILE")->required();
    command->add_option("--out", options.output, "Safetensors file to write")
        ->type_name("FILE")
        ->required();
    command
        ->add_option("--push-ms", options.pushMilliseconds,
                     "Hear it in pieces of so many milliseconds, as from a microphone")
        ->type_name("N")
        ->check(CLI::Range(1U, 3'600'000U));
}

void addTranscribe(CLI::App& app, TranscribeOptions& options)
{
    CLI::App* command =
        app.add_subcommand("transcribe", "Write down what is said in a file of any length");
    command->add_option("sound", options.sound, "Sound to write down")
        ->type_name("FILE")
        ->required();
    command->add_option("--out", options.output, "File to write, instead of standard output")
        ->type_name("FILE");
    const auto addFormat = [&](const char* name, TranscriptFormat format, const char* help) {
        return command->add_flag_callback(
            name, [&options, format] { options.format = format; }, help);
    };
    CLI::Option* text = addFormat("--txt", TranscriptFormat::Text, "Write lines without times");
    CLI::Option* srt = addFormat("--srt", TranscriptFormat::Srt, "Write SubRip subtitles");
    CLI::Option* vtt = addFormat("--vtt", TranscriptFormat::Vtt, "Write WebVTT subtitles");
    srt->excludes(text);
    vtt->excludes(text)->excludes(srt);
    command->add_option("--prompt", options.prompt, "What the model is asked with each clip")
        ->type_name("TEXT");
}

void addChat(CLI::App& app, ChatOptions& options)
{
    CLI::App* command =
        app.add_subcommand("chat", "Talk with the model; /help lists what can be typed");
    addSize(*command, options.size);
    CLI::Option* mic = command->add_flag("--mic", options.usesMicrophone,
                                         "Speak: an empty line starts to listen, the next ends it");
    command
        ->add_option("--mic-name", options.microphone,
                     "Microphone to use instead of the system's default")
        ->type_name("NAME")
        ->needs(mic);
    command->add_flag("--mic-pause", options.endsAtPause, "A pause, too, ends what is said")
        ->needs(mic);
    command->add_option("--temp", options.temperature, "Temperature; 0 takes the likeliest token")
        ->capture_default_str();
}

void addBench(CLI::App& app, BenchOptions& options)
{
    CLI::App* command = app.add_subcommand("bench", "Measure speed and count the work done");
    command->add_option("--prompt", options.promptTokens, "Tokens to read")->capture_default_str();
    command->add_option("--generate", options.generatedTokens, "Tokens to generate")
        ->capture_default_str();
    command->add_option("--repeat", options.repeats, "Runs, of which the median counts")
        ->capture_default_str();
    addSize(*command, options.size);
    command
        ->add_option("--synthetic", options.synthetic,
                     "Measure a model with made-up weights: e2b, e4b, e2b-narrow or e4b-narrow, a "
                     "colon, and the type of its matrices")
        ->type_name("SHAPE:TYPE");
    CLI::Option* image = command->add_option("--image", options.image,
                                             "Measure the encoding of this picture instead");
    image->type_name("FILE");
    command->add_option("--image-size", options.imageSize, "Pixels of a side")
        ->type_name("N")
        ->check(CLI::PositiveNumber)
        ->needs(image);
    CLI::Option* audio = command->add_flag(
        "--audio", options.isSpoken,
        "Measure instead how soon a message is answered that is spoken at the speed of speech");
    audio->excludes(image);
    command
        ->add_option("--clip-seconds", options.clipSeconds,
                     "Seconds of speech, each; 2 and nearly a clip if not given")
        ->type_name("N")
        ->needs(audio);
    command->add_flag("--json", options.asJson, "Print JSON");
}

void addEval(CLI::App& app, EvalOptions& options)
{
    using Format = EvalOptions::Format;
    CLI::App* command = app.add_subcommand("eval", "Compare the sizes of a model on examples");
    const auto addFile = [command](const char* name, auto& value, const char* help) {
        return command->add_option(name, value, help)->type_name("FILE");
    };
    addFile("examples", options.examples,
            "Lines of JSON; without it, the examples that come along");
    command->add_option("--sizes", options.sizes, "Sizes by name, with commas between")
        ->type_name("all|NAME,...")
        ->capture_default_str();
    addFile("--text", options.text, "Also measure the perplexity of this text");
    addFile("--resume", options.journal, "Keep results in this journal, and go on from it");
    addFile("--picture", options.picture, "Draw quality against speed as a PNG file");
    command->add_option("--max-tokens", options.mostTokens, "Stop an answer after so many tokens")
        ->type_name("N")
        ->check(CLI::Range(1U, 4096U))
        ->capture_default_str();
    const auto addFormat = [command, &options](const char* name, Format format, const char* help) {
        return command->add_flag_callback(
            name, [&options, format] { options.format = format; }, help);
    };
    CLI::Option* json = addFormat("--json", Format::FullJson, "Print JSON, with every answer");
    CLI::Option* csv = addFormat("--csv", Format::Csv, "Print CSV");
    CLI::Option* markdown = addFormat("--markdown", Format::Markdown, "Print tables (the default)");
    csv->excludes(json);
    markdown->excludes(json)->excludes(csv);
}

std::string usageProblem(const CLI::App& app, const CLI::ParseError& error)
{
    const std::vector<std::string> unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty() && unknown.front().front() != '-')
        return "There is no command " + unknown.front();
    return error.what();
}

CommandOptions chosenCommand(const CLI::App& app, const Targets& targets)
{
    if (app.got_subcommand("devices"))
        return targets.devices;
    if (app.got_subcommand("inspect"))
        return targets.inspect;
    if (app.got_subcommand("tokenize"))
        return targets.tokenize;
    if (app.got_subcommand("logits"))
        return targets.logits;
    if (app.got_subcommand("generate"))
        return targets.generate;
    if (app.got_subcommand("encode-image"))
        return targets.encodeImage;
    if (app.got_subcommand("encode-audio"))
        return targets.encodeAudio;
    if (app.got_subcommand("transcribe"))
        return targets.transcribe;
    if (app.got_subcommand("chat"))
        return targets.chat;
    if (app.got_subcommand("eval"))
        return targets.eval;
    return targets.bench;
}

}  // namespace

std::variant<Options, int> readOptions(int argc, const char* const* argv)
{
    Targets targets;
    CLI::App app("Gemma 3n on the Vulkan devices of this machine.", "nestling-cli");
    app.require_subcommand(1);
    app.fallthrough();
    app.footer("Exit codes: 0 fine, 1 usage, 2 bad input, 3 device.");
    addCommonOptions(app, targets.common);
    addDevices(app, targets.devices);
    addInspect(app, targets.inspect);
    addTokenize(app, targets.tokenize);
    addLogits(app, targets.logits);
    addGenerate(app, targets.generate);
    addEncodeImage(app, targets.encodeImage);
    addEncodeAudio(app, targets.encodeAudio);
    addTranscribe(app, targets.transcribe);
    addChat(app, targets.chat);
    addBench(app, targets.bench);
    addEval(app, targets.eval);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            app.exit(error);
            return 0;
        }
        note(usageProblem(app, error) + " (see nestling-cli --help).");
        return kExitUsage;
    }
    return Options{targets.common, chosenCommand(app, targets)};
}

}  // namespace app::cli
