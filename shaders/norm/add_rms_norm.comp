#version 450
#extension GL_GOOGLE_include_directive : require

// A residual and a normalised row:
//
//     y[r] = residual[r] + x[r] / sqrt(mean(x[r]²) + epsilon) · weight
//
// One workgroup per row.

#include "shaders/include/reduce.glsl"
#include "shaders/norm/add_rms_norm_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { AddRmsNormParams params; };

layout(binding = kAddRmsNormInput) readonly buffer Input { float x[]; };
layout(binding = kAddRmsNormWeight) readonly buffer Weight { float weight[]; };
layout(binding = kAddRmsNormResidual) readonly buffer Residual { float residual[]; };
layout(binding = kAddRmsNormOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        squares += x[row + c] * x[row + c];
    const float scale = inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        y[row + c] = residual[row + c] + x[row + c] * scale * weight[c];
}
