#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace engine::vision {

// MobileNet-V5 and the embedder behind it (spec 02 §3–§6), in the published names' words. It exists
// twice: `Parts` are tensors in files (sources.h) or on a device (weights.h).
template <typename Parts>
struct Network {
    using Dense = typename Parts::Dense;          // convolution over all channels
    using Depthwise = typename Parts::Depthwise;  // convolution of each channel by itself
    using Vector = typename Parts::Vector;        // one value per channel
    using Rows = typename Parts::Rows;            // a small matrix that is read as activations are

    struct DenseNorm {
        Dense conv;
        Vector norm;
    };
    struct DepthwiseNorm {
        Depthwise conv;
        Vector norm;
    };

    // §4.1: a dense window to more channels, then one pixel to fewer.
    struct EdgeResidual {
        DenseNorm expand;   // conv_exp, bn1
        DenseNorm project;  // conv_pwl, bn2
    };
    // §4.2. The norm of `project` includes the layer scale.
    struct InvertedResidual {
        std::optional<DepthwiseNorm> start;   // dw_start
        DenseNorm expand;                     // pw_exp
        std::optional<DepthwiseNorm> middle;  // dw_mid
        DenseNorm project;                    // pw_proj
    };
    // §4.3: many heads of queries on one head of keys and values.
    struct Attention {
        Vector norm;
        Dense query;
        std::optional<DepthwiseNorm> keyDown;
        Dense key;
        std::optional<DepthwiseNorm> valueDown;
        Rows value;
        Dense output;
        Vector layerScale;
    };
    struct Block {
        std::variant<EdgeResidual, InvertedResidual, Attention> layers;
        std::uint32_t stride = 1;
    };
    using Stage = std::vector<Block>;

    DenseNorm stem;  // on red, green, blue and one: the weight of that one is the bias
    std::vector<Stage> stages;
    InvertedResidual fusion;  // msfa.ffn: on the outputs of the last two stages
    Vector fusionNorm;

    // embed_vision
    Rows hardEmbedding;  // one row: what ends a picture
    Vector hardNorm;
    Vector softNorm;
    Dense projection;
    Vector postProjectionNorm;  // ones
};

}  // namespace engine::vision
