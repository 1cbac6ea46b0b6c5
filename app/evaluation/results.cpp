#include "app/evaluation/results.h"

#include <algorithm>
#include <cmath>

namespace app::evaluation {
namespace {

double share(std::uint64_t part, std::uint64_t all)
{
    return all == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(all);
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

void add(Score& score, const TurnResult& result, const std::optional<std::string>& expected)
{
    ++score.answers;
    if (!expected)
        return;
    ++score.scored;
    score.exact += isSame(result.answer, *expected) ? 1 : 0;
    score.contained += contains(result.answer, *expected) ? 1 : 0;
    score.characters += characterEdits(result.answer, *expected);
    score.words += wordEdits(result.answer, *expected);
    if (result.ofExpected)
        score.expected += *result.ofExpected;
}

Score& scoreOf(SizeReport& report, const std::string& kind)
{
    const auto found = std::find_if(report.kinds.begin(), report.kinds.end(),
                                    [&](const auto& each) { return each.first == kind; });
    if (found != report.kinds.end())
        return found->second;
    return report.kinds.emplace_back(kind, Score{}).second;
}

// What is summed over all answers of a size.
struct Times {
    std::uint64_t tokens = 0;  // after the first of each answer
    double decodeSeconds = 0;
    std::vector<double> firstTokens;
};

void add(SizeReport& report, Times& times, const Example& example, const ExampleResult& result)
{
    if (!result.problem.empty()) {
        if (report.failures++ == 0)
            report.firstFailure = result.problem;
        return;
    }
    std::size_t next = 0;
    for (const ExampleTurn& turn : example.turns) {
        if (turn.isHistory || next >= result.turns.size())
            continue;
        const TurnResult& answer = result.turns[next++];
        add(report.all, answer, turn.expected);
        if (!example.kind.empty())
            add(scoreOf(report, example.kind), answer, turn.expected);
        if (answer.tokens > 1) {
            times.tokens += answer.tokens - 1;
            times.decodeSeconds += answer.decodeSeconds;
        }
        times.firstTokens.push_back(answer.firstTokenSeconds);
    }
}

}  // namespace

Likelihood& Likelihood::operator+=(const Likelihood& other)
{
    logProbability += other.logProbability;
    tokens += other.tokens;
    return *this;
}

double Likelihood::perToken() const
{
    return tokens == 0 ? 0.0 : logProbability / static_cast<double>(tokens);
}

double Likelihood::perplexity() const
{
    return std::exp(-perToken());
}

bool Results::has(const Step& step) const
{
    return step.kind == Step::Kind::Example ? examples.contains(step) : windows.contains(step);
}

double Score::exactShare() const
{
    return share(exact, scored);
}

double Score::containedShare() const
{
    return share(contained, scored);
}

Report makeReport(std::string model, std::string device, const std::vector<Example>& examples,
                  const std::vector<SizeFacts>& sizes, const Results& results)
{
    Report report{std::move(model), std::move(device), {}};
    std::vector<Times> times(sizes.size());
    for (const SizeFacts& facts : sizes)
        report.sizes.push_back({.facts = facts});
    for (const auto& [step, result] : results.examples)
        add(report.sizes[step.size], times[step.size], examples[step.index], result);
    for (const auto& [step, likelihood] : results.windows)
        report.sizes[step.size].text += likelihood;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (times[i].decodeSeconds > 0) {
            report.sizes[i].tokensPerSecond =
                static_cast<double>(times[i].tokens) / times[i].decodeSeconds;
        }
        report.sizes[i].firstTokenSeconds = median(std::move(times[i].firstTokens));
    }
    return report;
}

}  // namespace app::evaluation
