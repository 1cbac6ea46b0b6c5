#version 450
#extension GL_GOOGLE_include_directive : require

// A convolution over time and frequency, before its norm (spec 03 §3):
//
//     y[t][f][c] = Σ_{i,a,b} w[c][i][a][b] · x[strideT·t + a][strideF·f + b - padding][i]
//     sum[t][g] = Σ y[t][f][c] over the elements of workgroup g
//
// Frames are rows [frequencies × channels], channels innermost; what lies outside is zero.
// Groups along x are frames of the output, along y pieces of a frame: some CPU drivers leave a loop
// after 65,535 rounds, all its loops together.

#include "shaders/include/reduce.glsl"
#include "shaders/audio/front_conv_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { FrontConvParams params; };

layout(binding = kFrontConvInput) readonly buffer Input { float x[]; };
layout(binding = kFrontConvWeight) readonly buffer Weight { float weight[]; };
layout(binding = kFrontConvOutput) writeonly buffer Output { float y[]; };
layout(binding = kFrontConvSums) writeonly buffer Sums { float sums[]; };

float elementAt(uint frame, uint frequency, uint channel)
{
    const uint taps = params.kernelFrames * params.kernelFrequencies;
    const uint firstFrame = frame * params.strideFrames;
    const uint firstFrequency = frequency * params.strideFrequencies;
    const uint frames =
        firstFrame < params.inputFrames ? min(params.kernelFrames, params.inputFrames - firstFrame)
                                        : 0;
    float sum = 0.0;
    for (uint a = 0; a < frames; ++a) {
        for (uint b = 0; b < params.kernelFrequencies; ++b) {
            // Wraps to a huge number below zero.
            const uint from = firstFrequency + b - params.paddingFrequencies;
            if (from >= params.inputFrequencies)
                continue;
            const uint input_ =
                (firstFrame + a) * params.inputStride + from * params.inputChannels;
            const uint tap = channel * params.inputChannels * taps + a * params.kernelFrequencies + b;
            for (uint i = 0; i < params.inputChannels; ++i)
                sum += weight[tap + i * taps] * x[input_ + i];
        }
    }
    return sum;
}

void main()
{
    const uint frame = gl_WorkGroupID.x;
    const uint elements = params.outputFrequencies * params.outputChannels;
    const uint first = gl_WorkGroupID.y * params.elementsPerGroup;
    const uint end = min(first + params.elementsPerGroup, elements);
    float sum = 0.0;
    for (uint e = first + gl_LocalInvocationID.x; e < end; e += gl_WorkGroupSize.x) {
        const float value = elementAt(frame, e / params.outputChannels, e % params.outputChannels);
        y[frame * params.outputStride + e] = value;
        sum += value;
    }
    const float total = workgroupSum(sum);
    if (gl_LocalInvocationID.x == 0)
        sums[frame * gl_NumWorkGroups.y + gl_WorkGroupID.y] = total;
}
