#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/result.h"
#include "tests/support/seeded_folder.h"

namespace tests {

// One set of tests/data/golden/text: a model whose weights follow from their names, and what the
// published implementation answers.
struct GoldenSet {
    std::string name;        // "text/odd-sizes"
    bool isBf16 = false;     // weights are bfloat16, otherwise float32
    std::string configJson;  // config.json of the text-only folder of such a model
    std::vector<SeededTensor> tensors;
    std::size_t layers = 0;
    std::size_t hidden = 0;
    std::size_t vocabulary = 0;
    std::size_t textVocabulary = 0;  // ids that may be sampled

    std::vector<std::uint32_t> ids;              // the prompt
    std::vector<std::uint32_t> logitsPositions;  // every one of the prompt, or some
    std::vector<float> logits;                   // [logitsPositions × vocabulary]
    std::vector<std::uint32_t> streamsPositions;
    std::vector<float> streams;         // [layers × 4 × streamsPositions × hidden]
    std::vector<std::uint32_t> greedy;  // how greedy decoding goes on
    // How far the best logit is ahead of the second at the step that draws greedy[i].
    std::vector<float> greedyMargin;
};

// Reads config.json and expected.safetensors in `folder`.
engine::Result<GoldenSet> readGoldenSet(const std::filesystem::path& folder);

// Writes the set as a folder in Hugging Face's form, config.json and model.safetensors, creating
// it.
engine::Result<void> writeModelFolder(const GoldenSet& set, const std::filesystem::path& folder);

// Gives every layer of the set's folder as many neurons as the widest has, those that it lacks
// behind its own. Returns how many each had: at that size the folder is the set.
std::vector<std::uint32_t> widenLayers(GoldenSet& set);

// Rows `positions` of values [groups × rows × width].
std::vector<float> rowsAt(const std::vector<float>& values, std::size_t rows, std::size_t width,
                          const std::vector<std::uint32_t>& positions);

}  // namespace tests
