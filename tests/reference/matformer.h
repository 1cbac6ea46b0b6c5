#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace reference {

// Streams are [inputs × T × hidden].
struct AltupShape {
    std::size_t inputs = 4;
    std::size_t activeIndex = 0;
    std::size_t hidden = 1;
};

// 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
double gelu(double x);

// y[i] = gelu(gate[i]) · up[i]
std::vector<float> gatedGelu(std::span<const float> gate, std::span<const float> up);

// Per row u of `width` values: max(0, u - (mean(u) + multiplier · std(u))), with the standard
// deviation of the population.
std::vector<float> gaussianTopk(std::span<const float> gate, std::size_t width, float multiplier);

// Per row of `width` values: x · rms(target) / sqrt(max(mean(x²), 1e-5)).
std::vector<float> matchMagnitude(std::span<const float> x, std::span<const float> target,
                                  std::size_t width);

// tanh(router · rmsNorm(x, routerNorm) / hidden) per row of x [T × hidden], with router
// [inputs × hidden]. Returns [T × inputs].
std::vector<float> altupModalities(std::span<const float> x, std::span<const float> routerNorm,
                                   std::span<const float> router, float epsilon);

// prediction_i = x_i + Σ_k C[i][k] · x_k with C[i][k] = Σ_m coefs[inputs·i + k][m] · modality[m];
// coefs is [inputs² × inputs].
std::vector<float> altupPredict(std::span<const float> streams, std::span<const float> modalities,
                                std::span<const float> coefs, const AltupShape& shape);

// corrected_i = prediction_i + (1 + Σ_m coefs[i][m] · modality[m]) · (activated - prediction_a),
// where a is the active index; coefs is [inputs × inputs], activated [T × hidden].
std::vector<float> altupCorrect(std::span<const float> predictions,
                                std::span<const float> activated, std::span<const float> modalities,
                                std::span<const float> coefs, const AltupShape& shape);

// n + rmsNorm(right · (left · n), norm) with n [T × hidden], left [rank × hidden] and right
// [hidden × rank].
std::vector<float> laurel(std::span<const float> n, std::span<const float> left,
                          std::span<const float> right, std::span<const float> norm, float epsilon);

// What every layer gets of a token besides its streams (spec 01 §2.3):
//
//     (rmsNorm(projection · e / √hidden, norm) + √width · tableRow) / √2
//
// with embeddings e [T × hidden], tableRows [T × layers·width], projection
// [layers·width × hidden] and norm [width]. Returns [T × layers·width].
std::vector<float> perLayerInputs(std::span<const float> embeddings,
                                  std::span<const float> tableRows,
                                  std::span<const float> projection, std::span<const float> norm,
                                  std::size_t hidden, float epsilon);

}  // namespace reference
