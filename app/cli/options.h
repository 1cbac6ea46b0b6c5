#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/transcript.h"
#include "engine/message.h"

namespace app::cli {

// What every command understands, before or after its name.
struct CommonOptions {
    std::string device;            // index or part of a name; empty for the first usable one
    std::filesystem::path model;   // empty for the embedded model
    std::filesystem::path mmproj;  // empty to look for it beside the model
    bool isVerbose = false;
    bool isPlain = false;  // plain kernels, and 32 bits throughout
};

struct DevicesOptions {
    bool asJson = false;
};

struct InspectOptions {
    bool asJson = false;
};

struct TokenizeOptions {
    std::filesystem::path lines;
};

struct LogitsOptions {
    std::filesystem::path ids;
    std::filesystem::path output;
    std::uint32_t chunk = 256;
    bool withStreams = false;
    std::string size;  // of the model; empty for the whole
};

struct GenerateOptions {
    std::string prompt;  // "-" for standard input
    std::vector<std::filesystem::path> images;
    std::vector<std::filesystem::path> sounds;
    std::string size;  // of the model; empty for the whole
    std::string system;
    engine::SamplingOptions sampling;
    std::optional<std::uint32_t> contextLength;
    bool isRaw = false;
    bool asJson = false;
};

struct EncodeImageOptions {
    std::filesystem::path image;
    std::filesystem::path output;
    std::optional<std::uint32_t> size;  // pixels of a side
};

struct EncodeAudioOptions {
    std::filesystem::path sound;
    std::filesystem::path output;
    std::optional<std::uint32_t> pushMilliseconds;  // of sound at a time
};

struct TranscribeOptions {
    std::filesystem::path sound;
    std::filesystem::path output;            // empty for standard output
    std::optional<TranscriptFormat> format;  // by the name of the output, if not given
    std::string prompt;                      // empty for what Gemma 3n is asked
};

struct ChatOptions {
    std::string size;  // of the model; empty for the whole
    bool usesMicrophone = false;
    std::string microphone;    // by its name; empty: the system's default
    bool endsAtPause = false;  // so does a pause what is said
    float temperature = 1.0F;  // as in engine::SamplingOptions
};

struct BenchOptions {
    std::uint32_t promptTokens = 256;
    std::uint32_t generatedTokens = 64;
    std::uint32_t repeats = 3;
    std::string size;             // of the model; empty for the whole
    std::string synthetic;        // a made-up model, instead of a file
    std::filesystem::path image;  // to encode, instead of text
    std::optional<std::uint32_t> imageSize;
    bool isSpoken = false;            // a message to answer, instead of text
    std::vector<double> clipSeconds;  // how long it is, each
    bool asJson = false;
};

struct EvalOptions {
    enum class Format { Markdown, Csv, FullJson };
    std::filesystem::path examples;  // empty for those that come along
    std::string sizes = "all";       // or names with commas between
    std::filesystem::path text;      // to measure the perplexity of; empty for none
    std::filesystem::path journal;   // to resume from; empty to keep none
    std::filesystem::path picture;   // to draw; empty for none
    std::uint32_t mostTokens = 256;
    Format format = Format::Markdown;
};

using CommandOptions = std::variant<DevicesOptions, InspectOptions, TokenizeOptions, LogitsOptions,
                                    GenerateOptions, EncodeImageOptions, EncodeAudioOptions,
                                    TranscribeOptions, ChatOptions, BenchOptions, EvalOptions>;

struct Options {
    CommonOptions common;
    CommandOptions command;
};

// Reads the command line. Where there is nothing to run (help was asked for, or the line is wrong)
// prints what there is to say and returns the exit code.
std::variant<Options, int> readOptions(int argc, const char* const* argv);

}  // namespace app::cli
