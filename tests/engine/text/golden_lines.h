#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/text/tokenizer.h"
#include "engine/text/utf8_joiner.h"

namespace tests {

// A line of tests/data/golden/tokenizer: what sentencepiece makes of `text`.
struct GoldenLine {
    std::string text;
    std::vector<engine::TokenId> ids;
    std::string decoded;
};

inline std::vector<GoldenLine> readGoldenLines(const std::filesystem::path& path)
{
    std::vector<GoldenLine> lines;
    std::ifstream stream(path);
    for (std::string line; std::getline(stream, line);) {
        const nlohmann::json json = nlohmann::json::parse(line);
        lines.push_back({.text = json.at("text").get<std::string>(),
                         .ids = json.at("ids").get<std::vector<engine::TokenId>>(),
                         .decoded = json.at("decoded").get<std::string>()});
    }
    return lines;
}

// What a reply of these tokens reads like.
inline std::string decode(const engine::text::Tokenizer& tokenizer,
                          const std::vector<engine::TokenId>& ids)
{
    engine::text::Utf8Joiner joiner;
    std::string text;
    for (const engine::TokenId id : ids)
        text += joiner.push(tokenizer.bytes(id));
    return text + joiner.finish();
}

}  // namespace tests
