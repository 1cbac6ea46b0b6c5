#version 450
#extension GL_GOOGLE_include_directive : require

// Adds the per-layer input to every stream but the first (spec 01 §2.5):
//
//     x[i] += rms_norm(z, norm),   i ≥ 1
//
// One workgroup per row.

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/per_layer_inject_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { PerLayerInjectParams params; };

layout(binding = kInjectInput) readonly buffer Input { float z[]; };
layout(binding = kInjectNorm) readonly buffer Norm { float norm[]; };
layout(binding = kInjectStreams) buffer Streams { float streams[]; };

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        squares += z[row + c] * z[row + c];
    const float scale = inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float value = z[row + c] * scale * norm[c];
        for (uint i = 1; i < params.streams; ++i)
            streams[i * params.streamStride + row + c] += value;
    }
}
