#version 450
#extension GL_GOOGLE_include_directive : require

// Softmax of each row, scaled:
//
//     y[r][k] = exp(scale · x[r][k] − m) / Σ_j exp(scale · x[r][j] − m),  m = max_k scale · x[r][k]
//
// and zeros in the padding behind a row, so that rows can be multiplied in whole vectors. One
// workgroup per row, along x and then z. Output may be the input.

#include "shaders/include/reduce.glsl"
#include "shaders/vision/softmax_rows_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { SoftmaxRowsParams params; };

#if defined(READ_TEXELS)
layout(binding = kSoftmaxRowsInput) uniform samplerBuffer x;
#define INPUT(i) texelFetch(x, int(i))
#else
layout(binding = kSoftmaxRowsInput) readonly buffer Input { vec4 x[]; };
#define INPUT(i) x[i]
#endif
layout(binding = kSoftmaxRowsOutput) writeonly buffer Output { float y[]; };

const float kMasked = -3.0e38;

vec4 scores(uint first, uint v)
{
    vec4 part = INPUT(first + v) * params.scale;
    for (uint c = 0; c < 4; ++c)
        part[c] = 4 * v + c < params.width ? part[c] : kMasked;
    return part;
}

void main()
{
    const uint row = gl_WorkGroupID.z * params.groupsX + gl_WorkGroupID.x;
    if (row >= params.rows)
        return;
    const uint first = row * params.vectors;

    float largest = kMasked;
    for (uint v = gl_LocalInvocationID.x; v < params.vectors; v += gl_WorkGroupSize.x) {
        const vec4 part = scores(first, v);
        largest = max(largest, max(max(part.x, part.y), max(part.z, part.w)));
    }
    largest = workgroupMax(largest);

    float total = 0.0;
    for (uint v = gl_LocalInvocationID.x; v < params.vectors; v += gl_WorkGroupSize.x)
        total += dot(exp(scores(first, v) - largest), vec4(1.0));
    const float share = 1.0 / workgroupSum(total);

    for (uint v = gl_LocalInvocationID.x; v < params.vectors; v += gl_WorkGroupSize.x) {
        const vec4 result = exp(scores(first, v) - largest) * share;
        for (uint c = 0; c < 4; ++c)
            y[4 * (first + v) + c] = result[c];
    }
}
