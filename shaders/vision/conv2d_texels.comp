#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// conv2d.comp for CPU drivers, which load texels many lanes at a time and buffers lane by lane:
//
//     y[p][o] = Σ_(dy,dx) Σ_i W[o][dy][dx][i] · x[p · stride − padding + (dy, dx)][i]
//
// with zeros around the picture. Each lane computes kRows outputs of its own for the kPixels pixels
// that its workgroup shares: as many as registers allow, since loads cost more than products. Sums
// are in fp32. Groups along x are outputs, along y pixels.

#include "shaders/vision/conv2d_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kConv2dKernel) const uint kKernel = 1;
layout(constant_id = kConv2dRowsPerLane) const uint kRows = 8;
layout(constant_id = kConv2dPixelsPerGroup) const uint kPixels = 16;

layout(push_constant) uniform Push { Conv2dParams params; };

layout(binding = kConv2dInput) uniform samplerBuffer x;
layout(binding = kConv2dOutput) writeonly buffer Output { float y[]; };

#define READ_TEXELS
#define WEIGHT_BINDING kConv2dWeight
#include "shaders/include/weights.glsl"

const uint kVectors = kChunk / 4;

void main()
{
    const uint lane = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    const uint end = params.firstRow + params.rows;
    const uint firstRow = params.firstRow + lane * kRows;
    const uint firstPixel = params.firstPixel + gl_WorkGroupID.y * kPixels;
    const uint endPixel = params.firstPixel + params.pixels;
    const uint chunks = params.channels / kChunk;

    float sums[kRows * kPixels];
    [[unroll]] for (uint i = 0; i < kRows * kPixels; ++i)
        sums[i] = 0.0;

    for (uint tap = 0; tap < kKernel * kKernel; ++tap) {
        int from[kPixels];  // texel of the pixel under this tap, or -1 where there is none
        [[unroll]] for (uint p = 0; p < kPixels; ++p) {
            const uint pixel = min(firstPixel + p, endPixel - 1);
            uint source = pixel;
            bool isInside = true;
            if (kKernel > 1) {
                const int sx = int(pixel % params.outputWidth * params.stride + tap % kKernel) -
                               int(params.padding);
                const int sy = int(pixel / params.outputWidth * params.stride + tap / kKernel) -
                               int(params.padding);
                isInside = sx >= 0 && sy >= 0 && sx < int(params.inputWidth) &&
                           sy < int(params.inputHeight);
                source = uint(sy) * params.inputWidth + uint(sx);
            }
            from[p] = isInside ? int((params.inputFirst + source * params.inputStride) / 4) : -1;
        }
        for (uint chunk = 0; chunk < chunks; ++chunk) {
            vec4 weights[kRows * kVectors];
            [[unroll]] for (uint r = 0; r < kRows; ++r) {
                vec4 values[kVectors];
                loadChunk(WeightRow(min(firstRow + r, end - 1) * params.rowUnits, params.rowChunks),
                          tap * chunks + chunk, values);
                [[unroll]] for (uint i = 0; i < kVectors; ++i)
                    weights[r * kVectors + i] = values[i];
            }
            [[unroll]] for (uint p = 0; p < kPixels; ++p) {
                vec4 inputs[kVectors];
                [[unroll]] for (uint i = 0; i < kVectors; ++i) {
                    inputs[i] = texelFetch(x, from[p] + int(chunk * kVectors + i));
                    if (kKernel > 1 && from[p] < 0)
                        inputs[i] = vec4(0.0);
                }
                [[unroll]] for (uint r = 0; r < kRows; ++r) {
                    vec4 products = weights[r * kVectors] * inputs[0];
                    [[unroll]] for (uint i = 1; i < kVectors; ++i)
                        products += weights[r * kVectors + i] * inputs[i];
                    sums[r * kPixels + p] += (products.x + products.y) + (products.z + products.w);
                }
            }
        }
    }

    [[unroll]] for (uint p = 0; p < kPixels; ++p) {
        if (firstPixel + p < endPixel) {
            const uint to = params.outputFirst + (firstPixel + p) * params.outputStride + firstRow;
            [[unroll]] for (uint r = 0; r < kRows; ++r) {
                if (firstRow + r < end)
                    y[to + r] = sums[r * kPixels + p];
            }
        }
    }
}
