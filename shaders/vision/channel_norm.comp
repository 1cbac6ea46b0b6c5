#version 450
#extension GL_GOOGLE_include_directive : require

// RmsNorm2d of spec 02 §2 on pixels in rows of channels, and what follows it:
//
//     n[p][c] = x[p][c] / sqrt(mean(x[p]²) + epsilon) · weight[c]
//     y = n,  gelu(n)  or  residual + n
//
// One workgroup per pixel, along x and then z; sums in fp32. Output may be the input or the
// residual.

#include "shaders/include/activations.glsl"
#include "shaders/include/reduce.glsl"
#include "shaders/vision/channel_norm_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kChannelNormEpilogue) const uint kEpilogue = kEpilogueNone;

layout(push_constant) uniform Push { ChannelNormParams params; };

#if defined(READ_TEXELS)
layout(binding = kChannelNormInput) uniform samplerBuffer x;
layout(binding = kChannelNormWeight) uniform samplerBuffer weight;
layout(binding = kChannelNormResidual) uniform samplerBuffer residual;
#define INPUT(i) texelFetch(x, int(i))
#define WEIGHT(i) texelFetch(weight, int(i))
#define RESIDUAL(i) texelFetch(residual, int(i))
#else
layout(binding = kChannelNormInput) readonly buffer Input { vec4 x[]; };
layout(binding = kChannelNormWeight) readonly buffer Weight { vec4 weight[]; };
layout(binding = kChannelNormResidual) readonly buffer Residual { vec4 residual[]; };
#define INPUT(i) x[i]
#define WEIGHT(i) weight[i]
#define RESIDUAL(i) residual[i]
#endif
layout(binding = kChannelNormOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint pixel = gl_WorkGroupID.z * params.groupsX + gl_WorkGroupID.x;
    if (pixel >= params.pixels)
        return;
    const uint first = pixel * params.vectors;
    const uint vectors = (params.channels + 3) / 4;

    float squares = 0.0;
    for (uint v = gl_LocalInvocationID.x; v < vectors; v += gl_WorkGroupSize.x) {
        const vec4 part = INPUT(first + v);
        for (uint c = 0; c < 4; ++c)
            squares += 4 * v + c < params.channels ? part[c] * part[c] : 0.0;
    }
    const float scale =
        inversesqrt(workgroupSum(squares) / float(params.channels) + params.epsilon);

    for (uint v = gl_LocalInvocationID.x; v < vectors; v += gl_WorkGroupSize.x) {
        const vec4 normed = INPUT(first + v) * scale * WEIGHT(v);
        vec4 result = normed;
        if (kEpilogue == kEpilogueGelu) {
            for (uint c = 0; c < 4; ++c)
                result[c] = geluTanh(normed[c]);
        } else if (kEpilogue == kEpilogueAdd) {
            result = RESIDUAL(first + v) + normed;
        }
        for (uint c = 0; c < 4; ++c) {
            if (4 * v + c < params.channels)
                y[4 * (first + v) + c] = result[c];
        }
    }
}
