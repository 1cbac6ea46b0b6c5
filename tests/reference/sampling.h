#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/message.h"

namespace reference {

struct Candidate {
    std::uint32_t id = 0;
    double probability = 0.0;
};

// The tokens that may be drawn and how likely each is, the likeliest first (the lower id where two
// are equal). In this order, each on what the one before left:
//
//   repetition penalty  every id in `history`, once: positive logits are divided, negative
//   multiplied temperature         logits are divided; 0 keeps the likeliest only top-k the k
//   likeliest; 0 means SamplingOptions::kMaxTopK top-p               the fewest likeliest whose
//   probabilities sum to at least p, one or more min-p               those at least min-p times as
//   likely as the likeliest
//
// Probabilities of what is kept sum to one.
std::vector<Candidate> candidates(std::span<const float> logits,
                                  std::span<const std::uint32_t> history,
                                  const engine::SamplingOptions& options);

// The id of the largest value, the lowest where several are equal.
std::uint32_t argMax(std::span<const float> logits);

}  // namespace reference
