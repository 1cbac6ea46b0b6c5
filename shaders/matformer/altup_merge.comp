#version 450
#extension GL_GOOGLE_include_directive : require

// The mean of all streams (spec 01 §2.9):
//
//     y = (x[0] + Σ u[i]) / n
//
// One workgroup per row.

#include "shaders/matformer/altup_merge_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { AltupMergeParams params; };

layout(binding = kMergeFirst) readonly buffer First { float first[]; };
layout(binding = kMergeOthers) readonly buffer Others { float others[]; };
layout(binding = kMergeOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        float sum = first[row + c];
        for (uint i = 0; i < params.others; ++i)
            sum += others[i * params.streamStride + row + c];
        y[row + c] = sum / float(params.others + 1);
    }
}
