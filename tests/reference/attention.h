#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reference {

struct AttentionShape {
    std::size_t heads = 1;
    std::size_t kvHeads = 1;  // divides heads; query head h reads h · kvHeads / heads
    std::size_t headDim = 1;
    std::uint32_t window = 0;  // keys that a query sees, itself included; 0: all before it
    float scale = 1.0F;
};

// Causal attention of queries [T × heads × headDim], at positions firstPosition + t, over keys and
// values [S × kvHeads × headDim] at positions 0 to S - 1, where S ≥ firstPosition + T:
//
//     y[t][h] = Σ_j softmax_j(scale · q[t][h] · k[j]) v[j],   j ≤ p and p - j < window
//
// Returns [T × heads × headDim].
std::vector<float> attention(std::span<const float> queries, std::span<const float> keys,
                             std::span<const float> values, const AttentionShape& shape,
                             std::uint32_t firstPosition);

}  // namespace reference
