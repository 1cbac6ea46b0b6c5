#version 450
#extension GL_GOOGLE_include_directive : require

// The streams of one row become what the output head reads (spec 01 §2.9):
//
//     u[i] = u[i] · rms(x) / sqrt(max(mean(u[i]²), 1e-5))
//     y    = rms_norm((x + Σ u[i]) / n, norm)
//
// x is the first stream. One workgroup, whose lanes keep to their own columns.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/altup_leave_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { AltupLeaveParams params; };

layout(binding = kLeaveFirst) readonly buffer First { float first[]; };
layout(binding = kLeaveOthers) readonly buffer Others { float others[]; };
layout(binding = kLeaveNorm) readonly buffer Norm { float norm[]; };
layout(binding = kLeaveOutput) buffer Output { float y[]; };

float meanOf(float squares) { return workgroupSum(squares) / float(params.width); }

void main()
{
    float firstSquares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        firstSquares += first[c] * first[c];
        y[c] = first[c];
    }
    const float magnitude = sqrt(meanOf(firstSquares));

    for (uint i = 0; i < params.others; ++i) {
        const uint at = i * params.streamStride;
        float squares = 0.0;
        for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
            squares += others[at + c] * others[at + c];
        const float scale = magnitude * inversesqrt(max(meanOf(squares), 1.0e-5));
        for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
            y[c] += others[at + c] * scale;
    }

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        y[c] /= float(params.others + 1);
        squares += y[c] * y[c];
    }
    const float scale = inversesqrt(meanOf(squares) + params.epsilon);
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        y[c] *= scale * norm[c];
}
