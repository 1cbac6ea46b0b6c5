#version 450
#extension GL_GOOGLE_include_directive : require

// The middle of the conformer's convolution (spec 03 §4), between its two matrices:
//
//     g[t][c] = a[t][c] · sigmoid(b[t][c])
//     d[t][c] = Σ_j w[c][j] · g[t - taps + 1 + j][c]           zero before the clip
//     y[t]    = silu(rmsNorm(clip(d[t])) · norm)
//
// Gated values of the frames before this call lie in the ring that keep_frames.comp writes. One
// workgroup per frame.

#include "shaders/include/reduce.glsl"
#include "shaders/audio/gated_conv_params.h"
#include "shaders/audio/gated_value.glsl"

layout(local_size_x_id = 0) in;
layout(constant_id = kGatedConvTaps) const uint kTaps = 5;

layout(push_constant) uniform Push { GatedConvParams params; };

layout(binding = kGatedConvInput) readonly buffer Input { float x[]; };
layout(binding = kGatedConvKept) readonly buffer Kept { float kept[]; };
layout(binding = kGatedConvWeight) readonly buffer Weight { float weight[]; };
layout(binding = kGatedConvNorm) readonly buffer Norm { float norm[]; };
layout(binding = kGatedConvOutput) buffer Output { float y[]; };

// The gated value `back` frames before the workgroup's.
float gatedAt(uint back, uint channel)
{
    const uint row = gl_WorkGroupID.x;
    const uint frame = params.firstFrame + row;
    if (back <= row) {
        const uint first = (row - back) * params.inputStride + channel;
        return gatedValue(x[first], x[first + params.width]);
    }
    if (back > frame)
        return 0.0;
    return kept[(frame - back) % max(kTaps - 1, 1) * params.keptStride + channel];
}

void main()
{
    const uint output_ = gl_WorkGroupID.x * params.outputStride;

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        float sum = 0.0;
        for (uint j = 0; j < kTaps; ++j)
            sum += weight[c * kTaps + j] * gatedAt(kTaps - 1 - j, c);
        sum = clamp(sum, -params.clip, params.clip);
        y[output_ + c] = sum;
        squares += sum * sum;
    }
    const float scale = inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float value = y[output_ + c] * scale * norm[c];
        y[output_ + c] = value / (1.0 + exp(-value));
    }
}
