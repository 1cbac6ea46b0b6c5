#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/result.h"

namespace tests {

// One prompt of tests/data/golden/gemma3-270m and what the published implementation answers.
struct Gemma3Case {
    std::string prompt;
    std::vector<std::uint32_t> ids;  // of the prompt, <bos> first
    std::vector<std::uint32_t> greedy;
    std::vector<float> greedyMargin;    // lead of the best logit at the step that draws greedy[i]
    std::vector<std::uint32_t> topIds;  // the best after the prompt, and their logits
    std::vector<float> topLogits;
};

// Reads cases.json and expected.safetensors in `folder`.
engine::Result<std::vector<Gemma3Case>> readGemma3Cases(const std::filesystem::path& folder);

// The file named by GEMMA3_270M in the environment; empty where it is not set.
std::filesystem::path gemma3Path();

}  // namespace tests
