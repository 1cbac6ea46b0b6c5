#pragma once

#include <cstdint>
#include <string>

#include "engine/file/model_files.h"
#include "engine/file/tensor_table.h"
#include "engine/result.h"
#include "engine/vision/network.h"

namespace engine::vision {

// A convolution over all channels: [outputs, inputs, kernel, kernel] as stored.
struct DenseSource {
    std::string name;
    const file::StoredTensor* tensor = nullptr;
    const file::StoredTensor* bias = nullptr;  // [outputs], or none
    std::uint32_t outputs = 0;
    std::uint32_t inputs = 0;
    std::uint32_t kernel = 1;
};

// A convolution of each channel: [channels, 1, kernel, kernel] as stored.
struct DepthwiseSource {
    std::string name;
    const file::StoredTensor* tensor = nullptr;
    std::uint32_t channels = 0;
    std::uint32_t kernel = 1;
};

// One value per channel, times those of a second tensor where there is one; ones where there is no
// tensor at all.
struct VectorSource {
    std::string name;
    const file::StoredTensor* tensor = nullptr;
    const file::StoredTensor* factor = nullptr;
    std::uint32_t size = 0;
};

// Rows `first` to `first + rows` of a matrix [… × columns] as stored.
struct RowsSource {
    std::string name;
    const file::StoredTensor* tensor = nullptr;
    std::uint32_t first = 0;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
};

struct SourceParts {
    using Dense = DenseSource;
    using Depthwise = DepthwiseSource;
    using Vector = VectorSource;
    using Rows = RowsSource;
};

using NetworkSources = Network<SourceParts>;

// What the files say besides tensors.
struct VisionConfig {
    std::uint32_t imageSize = 0;   // pixels of a side
    std::uint32_t softTokens = 0;  // a square number
    std::uint32_t endRow = 0;      // of the embedder's table: the id that ends a picture
    float embedderEpsilon = 0.0F;  // of the embedder's norms; the tower's are kNormEpsilon
};

// Pixels of a side; more is no picture that an encoder was made for.
inline constexpr std::uint32_t kMaxImageSize = 8192;

// Of every norm in the tower (spec 02 §2).
inline constexpr float kNormEpsilon = 1e-6F;

// Whether the files hold a vision encoder at all.
bool hasVisionEncoder(const file::TensorTable& tensors);

// Reads config.json and what lies beside it, or GGUF metadata; the published numbers where they are
// silent. Fails with InvalidFile.
Result<VisionConfig> readVisionConfig(const file::ModelFiles& files);

// Finds the blocks by the names of their tensors, under either naming scheme, and checks all shapes
// against each other. Fails with InvalidFile or UnsupportedModel, naming the tensor. What is found
// points into `files`.
Result<NetworkSources> findNetwork(const file::ModelFiles& files, const VisionConfig& config);

}  // namespace engine::vision
