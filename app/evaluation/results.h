#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "app/evaluation/examples.h"
#include "app/evaluation/metrics.h"

namespace app::evaluation {

// Natural logarithms of the probabilities that the model gave to tokens, summed.
struct Likelihood {
    double logProbability = 0;
    std::uint64_t tokens = 0;

    Likelihood& operator+=(const Likelihood& other);
    double perToken() const;  // 0 without tokens
    double perplexity() const;
};

// What came of one turn that was asked.
struct TurnResult {
    std::string answer;
    std::uint64_t tokens = 0;                // generated
    double decodeSeconds = 0;                // from the first token to the last
    double firstTokenSeconds = 0;            // from the beginning of encoding and reading
    std::optional<Likelihood> ofExpected{};  // of the expected answer
};

struct ExampleResult {
    std::vector<TurnResult> turns;  // of those that are no history, in order
    std::string problem{};          // why there are none, in a sentence
};

// One thing to do: an example or a window of the text, at one size.
struct Step {
    enum class Kind { Example, Window };
    Kind kind = Kind::Example;
    std::size_t index = 0;  // of the example or the window
    std::size_t size = 0;

    bool operator<(const Step& other) const
    {
        return std::tie(kind, index, size) < std::tie(other.kind, other.index, other.size);
    }
};

// What came of the steps done so far.
struct Results {
    std::map<Step, ExampleResult> examples;
    std::map<Step, Likelihood> windows;

    bool has(const Step& step) const;
    std::size_t count() const { return examples.size() + windows.size(); }
};

// A size as it is shown.
struct SizeFacts {
    std::string name;
    std::uint64_t parameters = 0;   // active ones
    std::uint64_t weightBytes = 0;  // of weights that it uses
    std::uint64_t memoryBytes = 0;  // on the device: all weights, cache and activations
};

// Quality of some answers.
struct Score {
    std::uint64_t answers = 0;
    std::uint64_t scored = 0;  // of them, with something expected; the rest counts only these
    std::uint64_t exact = 0;
    std::uint64_t contained = 0;
    Edits characters{};
    Edits words{};
    Likelihood expected{};

    double exactShare() const;  // in [0, 1]; 0 if nothing was scored
    double containedShare() const;
};

struct SizeReport {
    SizeFacts facts{};
    Score all{};
    std::vector<std::pair<std::string, Score>> kinds{};  // as they first come in the examples
    std::uint64_t failures = 0;
    std::string firstFailure{};
    double tokensPerSecond = 0;    // 0 if no answer was long enough
    double firstTokenSeconds = 0;  // the median; 0 if nothing was answered
    Likelihood text{};             // of the text file
};

struct Report {
    std::string model;
    std::string device;
    std::vector<SizeReport> sizes;
};

// Reckons up what is there, which need not be all.
Report makeReport(std::string model, std::string device, const std::vector<Example>& examples,
                  const std::vector<SizeFacts>& sizes, const Results& results);

}  // namespace app::evaluation
