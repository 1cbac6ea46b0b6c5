#pragma once

#include <vector>

#include "engine/decoder/config.h"
#include "engine/size.h"

namespace engine {

struct PublishedSize {
    ModelSize size;
    double mmlu = 0.0;            // percent, of the pre-trained model
    bool leadsToTheNext = false;  // one of those between which fractions are found
};

// The published Mix'n'Match sub-models of E4B but the whole (spec 01 §7.2), for files of its shape.
// Empty for others.
std::vector<PublishedSize> publishedSizes(const decoder::DecoderConfig& config);

// Files of E2B's shape, in which nothing smaller is nested.
bool isShapedLikeE2b(const decoder::DecoderConfig& config);

// What the whole of E4B scored.
inline constexpr double kMmluOfE4b = 62.3;

}  // namespace engine
