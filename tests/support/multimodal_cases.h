#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/message.h"
#include "engine/result.h"

namespace tests {

// A piece of a message as the golden files and the examples of the small model have it.
struct CasePart {
    enum class Kind { Text, Image, Audio };
    Kind kind = Kind::Text;
    std::string text;  // or a path, relative to the folder of the examples
};

struct CaseTurn {
    std::vector<CasePart> parts;
    std::string answer;  // the published implementation's, greedy
    std::string said;    // what stands for it in the prompt of the next turn
};

struct MultimodalCase {
    std::vector<CaseTurn> turns;
    std::vector<std::uint32_t> ids;     // the last turn's whole prompt, soft-token ids in place
    std::vector<float> logits;          // of text ids, after it
    std::vector<std::uint32_t> greedy;  // the last answer, without the end of the turn
};

bool hasPart(const std::vector<CaseTurn>& turns, CasePart::Kind kind);

// Reads cases-SIZE.json and expected-SIZE.safetensors in `folder`; sizes are "full" and "half".
engine::Result<std::vector<MultimodalCase>> readMultimodalCases(const std::filesystem::path& folder,
                                                                const std::string& size);

// Reads examples.jsonl in `folder` with the answers of reference-SIZE.jsonl. There the next turn
// follows what would have been right.
engine::Result<std::vector<std::vector<CaseTurn>>> readExamples(const std::filesystem::path& folder,
                                                                const std::string& size);

// Makes soft tokens of a picture or a sound.
using Encode = std::function<engine::Result<engine::SoftTokens>(const CasePart& part)>;

engine::Result<std::vector<engine::Part>> toParts(const std::vector<CasePart>& parts,
                                                  const Encode& encode);

}  // namespace tests
