#version 450
#extension GL_GOOGLE_include_directive : require

// Root-mean-square normalisation of each row (spec 01 §2.1):
//
//     y[r][c] = x[r][c] / sqrt(mean(x[r]²) + epsilon) · weight[c]
//
// One workgroup per row, sums in fp32.

#include "shaders/include/reduce.glsl"
#include "shaders/norm/rms_norm_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { RmsNormParams params; };

layout(binding = kRmsNormInput) readonly buffer Input { float x[]; };
layout(binding = kRmsNormWeight) readonly buffer Weight { float weight[]; };
layout(binding = kRmsNormOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint from = params.inputFirst + gl_WorkGroupID.x * params.inputStride;
    const uint to = params.outputFirst + gl_WorkGroupID.x * params.outputStride;

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        squares += x[from + c] * x[from + c];
    const float scale = inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        y[to + c] = x[from + c] * scale * weight[c];
}
