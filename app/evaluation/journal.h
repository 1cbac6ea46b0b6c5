#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/evaluation/results.h"
#include "engine/result.h"

namespace app::evaluation {

// What results depend on. Those of another evaluation are not taken for its own.
struct Identity {
    std::string examples;  // digests of files: see digestOf()
    std::string model;
    std::string text;  // empty without one
    std::string device;
    std::vector<std::string> sizes;
    std::uint32_t mostTokens = 0;

    bool operator==(const Identity&) const = default;
};

// The results of an evaluation, in a file to which each is added as it comes: lines of JSON, the
// first of which says what they belong to. A line that was only half written when the program
// ended is cut off.
class Journal {
public:
    // Begins a file, or goes on with one. Fails with InvalidInput where the file is no journal, is
    // of another evaluation (the sentence says what is different), or cannot be written.
    static engine::Result<Journal> open(const std::filesystem::path& path,
                                        const Identity& identity);

    // What was found in the file.
    const Results& found() const noexcept { return m_found; }

    // Written through before it returns.
    engine::Result<void> add(const Step& step, const ExampleResult& result);
    engine::Result<void> add(const Step& step, const Likelihood& likelihood);

private:
    explicit Journal(std::filesystem::path path) : m_path(std::move(path)) {}

    engine::Result<void> readFound(const Identity& identity);
    engine::Result<void> write(const std::string& line);

    std::filesystem::path m_path;
    std::ofstream m_file;
    Results m_found;
};

}  // namespace app::evaluation
