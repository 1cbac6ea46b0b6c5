#include "app/evaluation/export.h"

#include <array>
#include <charconv>
#include <string_view>

#include <nlohmann/json.hpp>

namespace app::evaluation {
namespace {

using Json = nlohmann::ordered_json;

// With a point in every country: Qt sets the language of the person, and printf() follows it.
std::string decimal(double value, int digits)
{
    std::array<char, 400> text{};  // the largest double has 309 digits before the point
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::fixed, digits)
                         .ptr;
    return {text.data(), end};
}

std::string percent(double share)
{
    return decimal(share * 100, 1) + " %";
}

std::string counted(std::uint64_t part, std::uint64_t all)
{
    return std::to_string(part) + " of " + std::to_string(all);
}

std::string mebibytes(std::uint64_t bytes)
{
    return decimal(static_cast<double>(bytes) / 1048576.0, 1) + " MiB";
}

// Nothing where there was nothing to measure.
std::string shown(bool isThere, std::string text)
{
    return isThere ? std::move(text) : std::string();
}

Json toJson(const Score& score)
{
    Json json = {{"answers", score.answers}, {"scored", score.scored}};
    if (score.scored == 0)
        return json;
    json["exact"] = score.exact;
    json["contained"] = score.contained;
    json["character_error_rate"] = score.characters.rate();
    json["word_error_rate"] = score.words.rate();
    if (score.expected.tokens > 0) {
        json["log_likelihood_per_token"] = score.expected.perToken();
        json["likelihood_tokens"] = score.expected.tokens;
    }
    return json;
}

Json toJson(const SizeReport& size)
{
    Json json = {{"name", size.facts.name},
                 {"parameters", size.facts.parameters},
                 {"weight_bytes", size.facts.weightBytes},
                 {"memory_bytes", size.facts.memoryBytes}};
    json.update(toJson(size.all));
    if (size.tokensPerSecond > 0)
        json["tokens_per_second"] = size.tokensPerSecond;
    if (size.firstTokenSeconds > 0)
        json["time_to_first_token_seconds"] = size.firstTokenSeconds;
    if (size.text.tokens > 0) {
        json["perplexity"] = size.text.perplexity();
        json["text_tokens"] = size.text.tokens;
    }
    json["failures"] = size.failures;
    if (size.failures > 0)
        json["first_failure"] = size.firstFailure;
    json["kinds"] = Json::object();
    for (const auto& [kind, score] : size.kinds)
        json["kinds"][kind] = toJson(score);
    return json;
}

// Every answer of an example, by size.
Json answersTo(const Run& run, std::size_t example, const std::vector<SizeReport>& sizes)
{
    Json json = Json::object();
    for (std::size_t size = 0; size < sizes.size(); ++size) {
        const auto found = run.results().examples.find({Step::Kind::Example, example, size});
        if (found == run.results().examples.end())
            continue;
        Json answers = Json::array();
        for (const TurnResult& turn : found->second.turns)
            answers.push_back(turn.answer);
        json[sizes[size].facts.name] =
            found->second.problem.empty() ? answers : Json{{"problem", found->second.problem}};
    }
    return json;
}

// As RFC 4180 has it.
std::string csvCell(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string csvLine(const std::vector<std::string>& cells)
{
    std::string line;
    const char* separator = "";
    for (const std::string& cell : cells) {
        line += separator + csvCell(cell);
        separator = ",";
    }
    return line + "\n";
}

std::vector<std::string> csvCells(const SizeReport& size, const std::string& kind,
                                  const Score& score)
{
    const bool isAll = kind.empty();
    const bool isScored = score.scored > 0;
    return {size.facts.name,
            kind,
            std::to_string(score.answers),
            std::to_string(score.scored),
            shown(isScored, std::to_string(score.exact)),
            shown(isScored, std::to_string(score.contained)),
            shown(isScored, decimal(score.characters.rate(), 6)),
            shown(isScored, decimal(score.words.rate(), 6)),
            shown(score.expected.tokens > 0, decimal(score.expected.perToken(), 6)),
            shown(isAll && size.text.tokens > 0, decimal(size.text.perplexity(), 6)),
            shown(isAll && size.tokensPerSecond > 0, decimal(size.tokensPerSecond, 3)),
            shown(isAll && size.firstTokenSeconds > 0, decimal(size.firstTokenSeconds, 6)),
            shown(isAll, std::to_string(size.facts.parameters)),
            shown(isAll, std::to_string(size.facts.weightBytes)),
            shown(isAll, std::to_string(size.facts.memoryBytes)),
            shown(isAll, std::to_string(size.failures))};
}

std::string markdownCell(const std::string& text)
{
    std::string cell;
    for (const char c : text)
        cell += c == '|' ? std::string("\\|") : std::string(1, c == '\n' ? ' ' : c);
    return cell;
}

std::string markdownTable(const std::vector<std::vector<std::string>>& rows)
{
    std::string table;
    for (const auto& row : rows) {
        table += "|";
        for (const std::string& cell : row)
            table += " " + markdownCell(cell) + " |";
        table += "\n";
        if (&row != rows.data())
            continue;
        table += "|";
        for (std::size_t i = 0; i < row.size(); ++i)
            table += i == 0 ? "---|" : "--:|";
        table += "\n";
    }
    return table;
}

// For each kind a line, for each size two columns.
std::string kindsTable(const Report& report)
{
    std::vector<std::vector<std::string>> rows{{"examples"}};
    for (const SizeReport& size : report.sizes) {
        rows[0].push_back(size.facts.name + ": exact");
        rows[0].push_back("word errors");
    }
    for (std::size_t kind = 0; kind < report.sizes.front().kinds.size(); ++kind) {
        const std::string& name = report.sizes.front().kinds[kind].first;
        std::vector<std::string> row{name};
        for (const SizeReport& size : report.sizes) {
            Score score;
            for (const auto& [other, theirs] : size.kinds) {
                if (other == name)
                    score = theirs;
            }
            row.push_back(shown(score.scored > 0, counted(score.exact, score.scored)));
            row.push_back(shown(score.scored > 0, percent(score.words.rate())));
        }
        rows.push_back(std::move(row));
    }
    return rows.size() > 1 ? "\n" + markdownTable(rows) : std::string();
}

}  // namespace

std::string toJson(const Run& run)
{
    const Report report = run.report();
    const Progress progress = run.progress();
    Json json = {{"model", report.model},
                 {"device", report.device},
                 {"done", progress.done},
                 {"total", progress.total}};
    json["sizes"] = Json::array();
    for (const SizeReport& size : report.sizes)
        json["sizes"].push_back(toJson(size));
    json["answers"] = Json::array();
    for (std::size_t i = 0; i < run.plan().examples.size(); ++i)
        json["answers"].push_back(answersTo(run, i, report.sizes));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string toCsv(const Report& report)
{
    std::string csv = csvLine(
        {"size", "kind", "answers", "scored", "exact", "contained", "character_error_rate",
         "word_error_rate", "log_likelihood_per_token", "perplexity", "tokens_per_second",
         "time_to_first_token_seconds", "parameters", "weight_bytes", "memory_bytes", "failures"});
    for (const SizeReport& size : report.sizes) {
        csv += csvLine(csvCells(size, {}, size.all));
        for (const auto& [kind, score] : size.kinds)
            csv += csvLine(csvCells(size, kind, score));
    }
    return csv;
}

std::string toMarkdown(const Report& report)
{
    std::vector<std::vector<std::string>> rows{headings()};
    for (const SizeReport& size : report.sizes)
        rows.push_back(cells(size));
    return report.model + " on " + report.device + ":\n\n" + markdownTable(rows) +
           (report.sizes.empty() ? std::string() : kindsTable(report));
}

std::vector<std::string> headings()
{
    return {"size",         "exact",      "contained", "character errors", "word errors",
            "ln p/token",   "perplexity", "tokens/s",  "first token",      "parameters",
            "weights used", "memory",     "failed"};
}

std::vector<std::string> cells(const SizeReport& size)
{
    const Score& all = size.all;
    const bool isScored = all.scored > 0;
    return {size.facts.name,
            shown(isScored, counted(all.exact, all.scored)),
            shown(isScored, counted(all.contained, all.scored)),
            shown(isScored, percent(all.characters.rate())),
            shown(isScored, percent(all.words.rate())),
            shown(all.expected.tokens > 0, decimal(all.expected.perToken(), 3)),
            shown(size.text.tokens > 0, decimal(size.text.perplexity(), 2)),
            shown(size.tokensPerSecond > 0, decimal(size.tokensPerSecond, 1)),
            shown(size.firstTokenSeconds > 0, decimal(size.firstTokenSeconds, 3) + " s"),
            decimal(static_cast<double>(size.facts.parameters) / 1e6, 2) + " M",
            mebibytes(size.facts.weightBytes),
            mebibytes(size.facts.memoryBytes),
            shown(size.failures > 0, std::to_string(size.failures))};
}

}  // namespace app::evaluation
