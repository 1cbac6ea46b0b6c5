#pragma once

#include <cstdint>
#include <optional>

#include "engine/gpu/tensor.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/pass.h"

namespace engine::kernels {

// Width and height in pixels. Maps are tensors [height × width rows, channels], from the top left,
// x fastest.
struct MapSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    std::uint32_t pixels() const noexcept { return width * height; }
};

// A window of kernel × kernel pixels that moves by `stride`, padded as TensorFlow's SAME does it
// (spec 02 §2): the output has ceil(size / stride) pixels a side, and where the zeros around the
// input are odd in number there is one less before than behind.
struct Window {
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;

    MapSize outputOf(MapSize input) const noexcept;
    std::uint32_t paddingBefore(std::uint32_t size) const noexcept;
};

// The part of a convolution's output that one dispatch computes.
struct ConvolutionPart {
    std::uint32_t firstOutput = 0;
    std::uint32_t outputs = 0;
    std::uint32_t firstPixel = 0;
    std::uint32_t pixels = 0;
};

// Channels under one pixel of a window as a convolution's weights hold them: rounded up, so that
// every type is read in whole pieces.
std::uint32_t paddedChannels(std::uint32_t channels) noexcept;

// output[p][o] = Σ over the window and the input's channels of weight · input, for a part of the
// output. `weight` has a row per output: for each pixel of the window, from the top left,
// paddedChannels() values, the padding zero.
void conv2d(Pass& pass, const Matrix& weight, const Window& window, MapSize size,
            const gpu::Tensor& input, const gpu::Tensor& output, const ConvolutionPart& part);

// output[i][j] = Σ_k a[i][k] · b[j][k]: both rows of activations, for a part of the output. Rows
// have a multiple of 4 columns, or zeros behind the columns of `a` and finite values behind those
// of `b`.
void multiplyRows(Pass& pass, const gpu::Tensor& a, const gpu::Tensor& b, const gpu::Tensor& output,
                  const ConvolutionPart& part);

// output[p][c] = Σ over the window of weight[tap][c] · input[…][c], weight [kernel² × channels].
void depthwiseConv2d(Pass& pass, const gpu::Tensor& weight, const Window& window, MapSize size,
                     const gpu::Tensor& input, const gpu::Tensor& output);

// output[p] = input[p] / rms(input[p]) · weight, with GELU after it or the residual added to it.
// Output may be the input or the residual.
void channelNorm(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                 const gpu::Tensor& output);
void channelNormGelu(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                     const gpu::Tensor& output);
void channelNormAdd(Pass& pass, const gpu::Tensor& input, const gpu::Tensor& weight, float epsilon,
                    const gpu::Tensor& residual, const gpu::Tensor& output);

// output[r] = softmax(scale · input[r]), with zeros in the padding of the rows. Output may be the
// input.
void softmaxRows(Pass& pass, const gpu::Tensor& input, float scale, const gpu::Tensor& output);

// output[p][c] = residual[p][c] + scale[c] · input[p][c]. Output may be the residual.
void scaleAdd(Pass& pass, const gpu::Tensor& residual, const gpu::Tensor& input,
              const gpu::Tensor& scale, const gpu::Tensor& output);

// output[p] = [fine[p], coarse at the nearest pixel].
void joinScales(Pass& pass, const gpu::Tensor& fine, MapSize fineSize, const gpu::Tensor& coarse,
                MapSize coarseSize, const gpu::Tensor& output);

// The mean of windows of window × window pixels, which tile the input.
void averagePool(Pass& pass, const gpu::Tensor& input, MapSize size, std::uint32_t window,
                 const gpu::Tensor& output);

}  // namespace engine::kernels
