#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Dense convolution of pixels in rows of channels, weights of any type:
//
//     y[p][o] = Σ_(dy,dx) Σ_i W[o][dy][dx][i] · x[p · stride − padding + (dy, dx)][i]
//
// with zeros around the picture. A window of one pixel makes it a matrix product.
//
// One workgroup computes kTile outputs for kTile pixels. Its lanes bring kDepth channels of both to
// shared memory, then each sums a square of kSide × kSide. Sums are in fp32. Groups along x are
// outputs, along y pixels. The workgroup has kTile² / kSide² lanes.

#include "shaders/vision/conv2d_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kConv2dKernel) const uint kKernel = 1;

layout(push_constant) uniform Push { Conv2dParams params; };

layout(binding = kConv2dInput) readonly buffer Input { vec4 x[]; };
layout(binding = kConv2dOutput) writeonly buffer Output { float y[]; };
#define WEIGHT_BINDING kConv2dWeight

#include "shaders/include/weights.glsl"

const uint kTile = 64;
const uint kSide = 4;
const uint kDepth = 32;
const uint kVectors = kDepth / 4;
const uint kPitch = kVectors + 1;  // rows begin in different banks

shared vec4 weightTile[kTile * kPitch];
shared vec4 inputTile[kTile * kPitch];

void loadWeights(uint firstRow, uint firstChunk)
{
    const uint chunksPerRow = kDepth / kChunk;
    const uint end = params.firstRow + params.rows;
    const uint chunks = kKernel * kKernel * params.channels / kChunk;
    for (uint i = gl_LocalInvocationID.x; i < kTile * chunksPerRow; i += gl_WorkGroupSize.x) {
        const uint row = i / chunksPerRow;
        const uint chunk = i % chunksPerRow;
        vec4 values[kChunk / 4];
        [[unroll]] for (uint v = 0; v < kChunk / 4; ++v)
            values[v] = vec4(0.0);
        if (firstRow + row < end && firstChunk + chunk < chunks)
            loadChunk(WeightRow((firstRow + row) * params.rowUnits, params.rowChunks),
                      firstChunk + chunk, values);
        [[unroll]] for (uint v = 0; v < kChunk / 4; ++v)
            weightTile[row * kPitch + chunk * (kChunk / 4) + v] = values[v];
    }
}

// Four channels under the window of a pixel: `vector` counts them through all taps.
vec4 inputVector(uint pixel, uint vector)
{
    const uint vectorsPerTap = params.channels / 4;
    const uint tap = vector / vectorsPerTap;
    if (pixel >= params.firstPixel + params.pixels || tap >= kKernel * kKernel)
        return vec4(0.0);
    uint source = pixel;
    if (kKernel > 1) {
        const int sx =
            int(pixel % params.outputWidth * params.stride + tap % kKernel) - int(params.padding);
        const int sy =
            int(pixel / params.outputWidth * params.stride + tap / kKernel) - int(params.padding);
        if (sx < 0 || sy < 0 || sx >= int(params.inputWidth) || sy >= int(params.inputHeight))
            return vec4(0.0);
        source = uint(sy) * params.inputWidth + uint(sx);
    }
    return x[(params.inputFirst + source * params.inputStride) / 4 + vector % vectorsPerTap];
}

void main()
{
    const uint firstRow = params.firstRow + gl_WorkGroupID.x * kTile;
    const uint firstPixel = params.firstPixel + gl_WorkGroupID.y * kTile;
    const uint myRow = gl_LocalInvocationID.x % (kTile / kSide);
    const uint myPixel = gl_LocalInvocationID.x / (kTile / kSide);

    float sums[kSide * kSide];
    [[unroll]] for (uint i = 0; i < kSide * kSide; ++i)
        sums[i] = 0.0;

    const uint depth = kKernel * kKernel * params.channels;
    for (uint first = 0; first < depth; first += kDepth) {
        loadWeights(firstRow, first / kChunk);
        for (uint i = gl_LocalInvocationID.x; i < kTile * kVectors; i += gl_WorkGroupSize.x)
            inputTile[i / kVectors * kPitch + i % kVectors] =
                inputVector(firstPixel + i / kVectors, first / 4 + i % kVectors);
        barrier();
        for (uint v = 0; v < kVectors; ++v) {
            vec4 weights[kSide];
            [[unroll]] for (uint r = 0; r < kSide; ++r)
                weights[r] = weightTile[(myRow + r * (kTile / kSide)) * kPitch + v];
            [[unroll]] for (uint p = 0; p < kSide; ++p) {
                const vec4 inputs = inputTile[(myPixel + p * (kTile / kSide)) * kPitch + v];
                [[unroll]] for (uint r = 0; r < kSide; ++r)
                    sums[r * kSide + p] += dot(weights[r], inputs);
            }
        }
        barrier();
    }

    [[unroll]] for (uint p = 0; p < kSide; ++p) {
        const uint pixel = firstPixel + myPixel + p * (kTile / kSide);
        [[unroll]] for (uint r = 0; r < kSide; ++r) {
            const uint row = firstRow + myRow + r * (kTile / kSide);
            if (pixel < params.firstPixel + params.pixels && row < params.firstRow + params.rows)
                y[params.outputFirst + pixel * params.outputStride + row] = sums[r * kSide + p];
        }
    }
}
