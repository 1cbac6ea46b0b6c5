#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace reference {

// y[t][r] = Σ_c matrix[r][c] · x[t][c], with matrix [rows × columns], x [T × columns] and
// y [T × rows].
std::vector<float> linear(std::span<const float> matrix, std::span<const float> x,
                          std::size_t columns);

// y[t] = table[ids[t]] · scale, with table [rows × columns].
std::vector<float> embed(std::span<const float> table, std::span<const std::uint32_t> ids,
                         std::size_t columns, double scale);

// y[i] = cap · tanh(x[i] / cap); x itself where cap is 0.
std::vector<float> softcap(std::span<const float> x, float cap);

}  // namespace reference
