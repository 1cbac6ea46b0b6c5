#version 450
#extension GL_GOOGLE_include_directive : require

// Gives rows the root mean square of a target's (spec 01 §2.4, §2.9), in place:
//
//     v[i][r] = v[i][r] · rms(target[r]) / sqrt(max(mean(v[i][r]²), 1e-5))
//
// One workgroup per row (x) and stream (y).

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/match_magnitude_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { MatchMagnitudeParams params; };

layout(binding = kMatchStreams) buffer Streams { float streams[]; };
layout(binding = kMatchTarget) readonly buffer Target { float target[]; };

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;
    const uint first = params.streamsFirst + gl_WorkGroupID.y * params.streamStride + row;

    float squares = 0.0;
    float targetSquares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        squares += streams[first + c] * streams[first + c];
        targetSquares += target[row + c] * target[row + c];
    }
    const float width = float(params.width);
    const float magnitude = sqrt(workgroupSum(targetSquares) / width);
    const float scale = magnitude * inversesqrt(max(workgroupSum(squares) / width, 1.0e-5));

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        streams[first + c] *= scale;
}
