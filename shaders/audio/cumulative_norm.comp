#version 450
#extension GL_GOOGLE_include_directive : require

// The last step of the cumulative group norm (spec 03 §3), and the activation after it:
//
//     y[t][e] = max(0, (x[t][e] - mean[t]) / sqrt(D[t] / N[t] + epsilon) · weight[e mod channels])
//
// D sums the deviations of all frames up to t, each from the mean as of its own frame; N counts
// their elements. One workgroup per frame; that of the last writes what the next call begins with.

#include "shaders/audio/cumulative_norm_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { CumulativeNormParams params; };

layout(binding = kCumulativeNormInput) readonly buffer Input { float x[]; };
layout(binding = kCumulativeNormSums) readonly buffer Sums { float sums[]; };
layout(binding = kCumulativeNormDeviations) readonly buffer Deviations { float deviations[]; };
layout(binding = kCumulativeNormWeight) readonly buffer Weight { float weight[]; };
layout(binding = kCumulativeNormCarried) buffer Carried { CarriedMoments carried[]; };
layout(binding = kCumulativeNormOutput) writeonly buffer Output { float y[]; };

#include "shaders/audio/cumulative_mean.glsl"

void main()
{
    const uint frame = gl_WorkGroupID.x;
    const float sum = sumUpTo(frame);
    const float mean = sum / elementsUpTo(frame);
    float squares = carried[params.carriedSlot].deviations;
    for (uint i = 0; i <= frame; ++i)
        squares += deviations[i];
    const float scale = inversesqrt(squares / elementsUpTo(frame) + params.epsilon);

    for (uint e = gl_LocalInvocationID.x; e < params.width; e += gl_WorkGroupSize.x) {
        const float centred = x[frame * params.inputStride + e] - mean;
        y[params.outputFirst + frame * params.outputStride + e] =
            max(0.0, centred * scale * weight[e % params.channels]);
    }
    if (frame + 1 == params.frames && gl_LocalInvocationID.x == 0)
        carried[1 - params.carriedSlot] = CarriedMoments(sum, squares);
}
