#include "engine/vision/mobilenet.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "engine/kernels/vision.h"

namespace engine::vision {
namespace {

using kernels::ConvolutionPart;
using kernels::MapSize;
using kernels::Pass;
using kernels::Window;

// The most work of one step: half a second for a device of 4 GFLOP/s.
constexpr std::uint64_t kStepFlops = 2'000'000'000;

// What an element costs where it is only loaded, changed and stored.
constexpr std::uint64_t kWorkPerElement = 20;

// A step computes at least a tile of outputs for as many pixels as it can.
constexpr std::uint32_t kTileOutputs = 64;
constexpr std::uint32_t kTilePixels = 64;

// The stages whose outputs are fused are the last two; the coarser has half of the pixels a side.
constexpr std::uint32_t kFusedStride = 16;

std::uint32_t roundDown(std::uint64_t value, std::uint32_t multiple)
{
    return static_cast<std::uint32_t>(value / multiple * multiple);
}

std::uint32_t sideOf(const VisionConfig& config)
{
    return std::max(static_cast<std::uint32_t>(std::lround(std::sqrt(config.softTokens))), 1U);
}

// A map of activations.
struct Map {
    Place place;
    MapSize size;

    const gpu::Tensor& operator*() const noexcept { return *place; }
};

// Writes the steps of one picture, in the order of spec 02 §3.
class Planner {
public:
    Planner(const gpu::Context& context, const NetworkWeights& network, const VisionConfig& config,
            const PlanTensors& tensors, const Tap& tap)
        : m_network(network)
        , m_config(config)
        , m_tensors(tensors)
        , m_tap(tap)
        , m_workspace(context, tensors.scratch)
    {
    }

    Plan run(std::uint32_t size)
    {
        Map x = stem({size, size});
        Map fine;
        for (std::size_t s = 0; s < m_network.stages.size(); ++s) {
            fine = x;
            for (std::size_t b = 0; b < m_network.stages[s].size(); ++b) {
                x = block(m_network.stages[s][b], x);
                tap("block." + std::to_string(s) + "." + std::to_string(b), *x);
            }
        }
        fuse(fine, x);
        embed();
        m_plan.scratchBytes = m_workspace.peakBytes();
        m_plan.largestBytes = m_workspace.largestBytes();
        return std::move(m_plan);
    }

private:
    Map take(MapSize size, std::uint32_t channels)
    {
        return {m_workspace.take(size.pixels(), channels), size};
    }

    void step(std::uint64_t work, std::function<void(Pass&)> record)
    {
        m_plan.steps.push_back({m_kind, m_isDense, work, std::move(record)});
        m_plan.work += work;
    }

    // One that reads and writes a tensor: its loads are what takes time.
    void step(const gpu::Tensor& tensor, std::function<void(Pass&)> record)
    {
        step(kWorkPerElement * tensor.rows * tensor.stride, std::move(record));
    }

    void tap(const std::string& name, const gpu::Tensor& output) const
    {
        if (m_tap)
            m_tap(name, m_plan.steps.size() - 1, output);
    }

    // Cuts the output of a product of `depth` terms into parts that are each a step: by outputs, so
    // that weights are read once, and by pixels only where a tile of outputs is too much.
    template <typename Record>
    void cut(std::uint32_t outputs, std::uint32_t pixels, std::uint64_t depth, const Record& record)
    {
        const std::uint64_t perOutput = 2 * depth * pixels;
        const std::uint32_t outputsAtOnce =
            std::max(roundDown(kStepFlops / perOutput, kTileOutputs), kTileOutputs);
        const std::uint64_t perPixel = 2 * depth * std::min(outputsAtOnce, outputs);
        const std::uint32_t pixelsAtOnce =
            std::max(roundDown(kStepFlops / perPixel, kTilePixels), kTilePixels);
        for (std::uint32_t o = 0; o < outputs; o += outputsAtOnce) {
            for (std::uint32_t p = 0; p < pixels; p += pixelsAtOnce) {
                const ConvolutionPart part{o, std::min(outputsAtOnce, outputs - o), p,
                                           std::min(pixelsAtOnce, pixels - p)};
                step(2 * depth * part.outputs * part.pixels,
                     [record, part](Pass& pass) { record(pass, part); });
            }
        }
    }

    void convolve(const DenseWeights& weights, Window window, MapSize size,
                  const gpu::Tensor& input, const gpu::Tensor& output)
    {
        const std::uint64_t depth = std::uint64_t{weights.kernel} * weights.kernel * weights.inputs;
        m_isDense = true;
        cut(weights.matrix.rows, window.outputOf(size).pixels(), depth,
            [&weights, window, size, input, output](Pass& pass, const ConvolutionPart& part) {
                kernels::conv2d(pass, weights.matrix, window, size, input, output, part);
            });
        m_isDense = false;
    }

    Map dense(const DenseWeights& weights, std::uint32_t stride, const gpu::Tensor& input,
              MapSize size)
    {
        const Window window{weights.kernel, stride};
        Map output = take(window.outputOf(size), weights.matrix.rows);
        convolve(weights, window, size, input, *output);
        return output;
    }

    Map dense(const DenseWeights& weights, std::uint32_t stride, const Map& input)
    {
        return dense(weights, stride, *input, input.size);
    }

    Map depthwise(const gpu::Tensor& weights, std::uint32_t stride, const Map& input)
    {
        const auto kernel = static_cast<std::uint32_t>(std::lround(std::sqrt(weights.rows)));
        const Window window{kernel, stride};
        Map output = take(window.outputOf(input.size), weights.columns);
        step(std::uint64_t{kernel} * kernel * kWorkPerElement * (*output).rows * weights.columns,
             [&weights, window, size = input.size, from = *input, to = *output](Pass& pass) {
                 kernels::depthwiseConv2d(pass, weights, window, size, from, to);
             });
        return output;
    }

    enum class Activation { None, Gelu };

    void normalize(const Map& map, const gpu::Tensor& weight, Activation activation)
    {
        step(*map, [x = *map, &weight, activation](Pass& pass) {
            if (activation == Activation::Gelu)
                kernels::channelNormGelu(pass, x, weight, kNormEpsilon, x);
            else
                kernels::channelNorm(pass, x, weight, kNormEpsilon, x);
        });
    }

    // The norm that ends a block, with the block's input added where it has the same shape.
    void finish(const Map& output, const gpu::Tensor& weight, const Map& input, bool hasSkip)
    {
        if (!hasSkip)
            return normalize(output, weight, Activation::None);
        step(*output, [y = *output, x = *input, &weight](Pass& pass) {
            kernels::channelNormAdd(pass, y, weight, kNormEpsilon, x, y);
        });
    }

    static bool hasSkip(const Map& input, const Map& output, std::uint32_t stride)
    {
        return stride == 1 && (*input).columns == (*output).columns;
    }

    Map stem(MapSize size)
    {
        m_kind = BlockKind::Stem;
        Map x = dense(m_network.stem.conv, 2, m_tensors.picture, size);
        normalize(x, m_network.stem.norm, Activation::Gelu);
        return x;
    }

    Map block(const NetworkWeights::Block& block, const Map& x)
    {
        if (const auto* edge = std::get_if<NetworkWeights::EdgeResidual>(&block.layers))
            return edgeResidual(*edge, block.stride, x);
        if (const auto* inverted = std::get_if<NetworkWeights::InvertedResidual>(&block.layers)) {
            m_kind = BlockKind::InvertedResidual;
            return invertedResidual(*inverted, block.stride, x);
        }
        return attention(std::get<NetworkWeights::Attention>(block.layers), x);
    }

    Map edgeResidual(const NetworkWeights::EdgeResidual& block, std::uint32_t stride, const Map& x)
    {
        m_kind = BlockKind::EdgeResidual;
        const Map expanded = dense(block.expand.conv, stride, x);
        normalize(expanded, block.expand.norm, Activation::Gelu);
        Map output = dense(block.project.conv, 1, expanded);
        finish(output, block.project.norm, x, hasSkip(x, output, stride));
        return output;
    }

    // The stride is carried by the window in the middle, or where there is none by the first.
    Map invertedResidual(const NetworkWeights::InvertedResidual& block, std::uint32_t stride,
                         const Map& x)
    {
        Map expanded = expand(block, block.middle ? 1 : stride, x);
        normalize(expanded, block.expand.norm, Activation::Gelu);
        if (block.middle) {
            expanded = depthwise(block.middle->conv, stride, expanded);
            normalize(expanded, block.middle->norm, Activation::Gelu);
        }
        Map output = dense(block.project.conv, 1, expanded);
        finish(output, block.project.norm, x, hasSkip(x, output, stride));
        return output;
    }

    Map expand(const NetworkWeights::InvertedResidual& block, std::uint32_t stride, const Map& x)
    {
        if (!block.start)
            return dense(block.expand.conv, stride, x);
        const Map started = depthwise(block.start->conv, stride, x);
        normalize(started, block.start->norm, Activation::None);
        return dense(block.expand.conv, 1, started);
    }

    // Rows of one head's size: of every head and position where no padding lies between them, and
    // otherwise of that head alone.
    static gpu::Tensor headRows(const gpu::Tensor& tensor, std::uint32_t headDim,
                                std::uint32_t head)
    {
        gpu::Tensor rows = tensor;
        rows.columns = headDim;
        if (tensor.columns == tensor.stride) {
            rows.rows *= tensor.columns / headDim;
            rows.stride = headDim;
        } else {
            rows.firstElement = head * headDim;
        }
        return rows;
    }

    Map attention(const NetworkWeights::Attention& block, const Map& x)
    {
        m_kind = BlockKind::Attention;
        const std::uint32_t headDim = block.key.matrix.rows;
        const Map normed = take(x.size, (*x).columns);
        step(*x, [from = *x, to = *normed, &block](Pass& pass) {
            kernels::channelNorm(pass, from, block.norm, kNormEpsilon, to);
        });
        const Map query = dense(block.query, 1, normed);
        const Map key = projected(block.keyDown, normed,
                                  [&](const Map& from) { return dense(block.key, 1, from); });
        // Values are wanted channel by channel: [head × positions].
        const Map value = projected(block.valueDown, normed, [&](const Map& from) {
            Map to{m_workspace.take(headDim, (*from).rows), {}};
            step(std::uint64_t{0},
                 [bytes = block.value.bytes](Pass& pass) { pass.countWeights(bytes); });
            multiply(block.value, *from, *to);
            return to;
        });

        // Where heads lie without gaps one product takes them all: they share the keys.
        const Map attended = take(x.size, (*query).columns);
        const bool isWhole = (*query).columns == (*query).stride;
        const std::uint32_t products = isWhole ? 1 : (*query).columns / headDim;
        for (std::uint32_t head = 0; head < products; ++head) {
            const gpu::Tensor queries = headRows(*query, headDim, head);
            const Place scores = m_workspace.take(queries.rows, (*key).rows);
            multiply(queries, *key, *scores);
            step(*scores, [scores = *scores, headDim](Pass& pass) {
                kernels::softmaxRows(pass, scores, 1.0F / std::sqrt(static_cast<float>(headDim)),
                                     scores);
            });
            multiply(*scores, *value, headRows(*attended, headDim, head));
        }
        Map output = dense(block.output, 1, attended);
        step(*x, [residual = *x, y = *output, &block](Pass& pass) {
            kernels::scaleAdd(pass, residual, y, block.layerScale, y);
        });
        return output;
    }

    template <typename Project>
    Map projected(const std::optional<NetworkWeights::DepthwiseNorm>& down, const Map& normed,
                  const Project& project)
    {
        if (!down)
            return project(normed);
        const Map smaller = depthwise(down->conv, 2, normed);
        normalize(smaller, down->norm, Activation::None);
        return project(smaller);
    }

    void multiply(const gpu::Tensor& a, const gpu::Tensor& b, const gpu::Tensor& output)
    {
        cut(b.rows, a.rows, a.columns, [a, b, output](Pass& pass, const ConvolutionPart& part) {
            kernels::multiplyRows(pass, a, b, output, part);
        });
    }

    // Spec 02 §5.
    void fuse(const Map& fine, const Map& coarse)
    {
        m_kind = BlockKind::Fusion;
        const Map joined = take(fine.size, (*fine).columns + (*coarse).columns);
        step(*joined,
             [a = *fine, aSize = fine.size, b = *coarse, bSize = coarse.size,
              to = *joined](Pass& pass) { kernels::joinScales(pass, a, aSize, b, bSize, to); });
        const Map fused = invertedResidual(m_network.fusion, 1, joined);
        const std::uint32_t window = fused.size.width / sideOf(m_config);
        step(*fused, [from = *fused, size = fused.size, window, to = m_tensors.features,
                      &norm = m_network.fusionNorm](Pass& pass) {
            if (window > 1)
                kernels::averagePool(pass, from, size, window, to);
            kernels::channelNorm(pass, window > 1 ? to : from, norm, kNormEpsilon, to);
        });
        tap("features", m_tensors.features);
    }

    // Spec 02 §6, without the factor √width, which the norm takes away but for its epsilon.
    void embed()
    {
        m_kind = BlockKind::Embedder;
        const gpu::Tensor& norm = m_network.softNorm;
        const float epsilon = m_config.embedderEpsilon;
        const Place normed = m_workspace.take(m_config.softTokens, norm.columns);
        step(*normed, [from = m_tensors.features, to = *normed, &norm, epsilon](Pass& pass) {
            kernels::channelNorm(pass, from, norm, epsilon / static_cast<float>(norm.columns), to);
        });
        convolve(m_network.projection, {}, {m_config.softTokens, 1}, *normed, m_tensors.tokens);
        step(m_tensors.tokens,
             [tokens = m_tensors.tokens, &ones = m_network.postProjectionNorm,
              epsilon](Pass& pass) { kernels::channelNorm(pass, tokens, ones, epsilon, tokens); });
    }

    const NetworkWeights& m_network;
    const VisionConfig& m_config;
    const PlanTensors& m_tensors;
    const Tap& m_tap;
    Workspace m_workspace;
    BlockKind m_kind = BlockKind::Stem;
    bool m_isDense = false;
    Plan m_plan;
};

}  // namespace

Plan planEncoding(const gpu::Context& context, const NetworkWeights& network,
                  const VisionConfig& config, std::uint32_t size, const PlanTensors& tensors,
                  const Tap& tap)
{
    ENGINE_CHECK(isPossibleSize(config, size));
    return Planner(context, network, config, tensors, tap).run(size);
}

// The fused map is cut into windows, one for each token. Every stage halves an even number.
std::uint32_t sizeUnit(const VisionConfig& config) noexcept
{
    return std::lcm(kFusedStride * sideOf(config), 2 * kFusedStride);
}

bool isPossibleSize(const VisionConfig& config, std::uint32_t size) noexcept
{
    const std::uint32_t unit = sizeUnit(config);
    return unit > 0 && size > 0 && size <= kMaxImageSize && size % unit == 0;
}

void recordEndOfImage(Pass& pass, const NetworkWeights& network, const VisionConfig& config,
                      const gpu::Tensor& scratch, const gpu::Tensor& output)
{
    kernels::channelNorm(pass, network.hardEmbedding, network.hardNorm, config.embedderEpsilon,
                         scratch);
    kernels::conv2d(pass, network.projection.matrix, {}, {1, 1}, scratch, output,
                    {0, output.columns, 0, 1});
    kernels::channelNorm(pass, output, network.postProjectionNorm, config.embedderEpsilon, output);
}

const char* nameOf(BlockKind kind) noexcept
{
    switch (kind) {
    case BlockKind::Stem:
        return "stem";
    case BlockKind::EdgeResidual:
        return "edge residual";
    case BlockKind::InvertedResidual:
        return "inverted residual";
    case BlockKind::Attention:
        return "attention";
    case BlockKind::Fusion:
        return "fusion";
    case BlockKind::Embedder:
        return "embedder";
    }
    return "";
}

}  // namespace engine::vision
