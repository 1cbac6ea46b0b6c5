#version 450
#extension GL_GOOGLE_include_directive : require

// The second of the three steps of the cumulative group norm (spec 03 §3), after the frames' sums:
//
//     d[t] = Σ_e (x[t][e] - mean[t])²,    mean[t] = the mean of all elements of frames up to t
//
// One workgroup per frame.

#include "shaders/include/reduce.glsl"
#include "shaders/audio/cumulative_norm_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { CumulativeNormParams params; };

layout(binding = kCumulativeDeviationInput) readonly buffer Input { float x[]; };
layout(binding = kCumulativeDeviationSums) readonly buffer Sums { float sums[]; };
layout(binding = kCumulativeDeviationCarried) readonly buffer Carried { CarriedMoments carried[]; };
layout(binding = kCumulativeDeviationOutput) writeonly buffer Output { float y[]; };

#include "shaders/audio/cumulative_mean.glsl"

void main()
{
    const uint frame = gl_WorkGroupID.x;
    const float mean = sumUpTo(frame) / elementsUpTo(frame);

    float squares = 0.0;
    for (uint e = gl_LocalInvocationID.x; e < params.width; e += gl_WorkGroupSize.x) {
        const float difference = x[frame * params.inputStride + e] - mean;
        squares += difference * difference;
    }
    const float total = workgroupSum(squares);
    if (gl_LocalInvocationID.x == 0)
        y[frame] = total;
}
