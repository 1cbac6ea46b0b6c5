#version 450
#extension GL_GOOGLE_include_directive : require

// Keeps of a block what the next call looks back at: keys and values of the last frames for
// local_attention.comp, gated values for gated_conv.comp. Frame p lies in row p mod the rows kept.
//
// Workgroup i (x) writes the frame i before the last.

#include "shaders/audio/gated_value.glsl"
#include "shaders/audio/keep_frames_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { KeepFramesParams params; };

layout(binding = kKeepFramesQkv) readonly buffer Qkv { float qkv[]; };
layout(binding = kKeepFramesGates) readonly buffer Gates { float gates[]; };
layout(binding = kKeepFramesKeysValues) writeonly buffer KeysValues { float keysValues[]; };
layout(binding = kKeepFramesGated) writeonly buffer Gated { float gated[]; };

void main()
{
    const uint back = gl_WorkGroupID.x;
    if (back >= params.rows)
        return;
    const uint row = params.rows - 1 - back;
    const uint frame = params.firstFrame + row;

    if (back < params.keysValues) {
        const uint from = row * params.qkvStride + params.width;
        const uint to = frame % params.keysValues * params.keysValuesStride;
        for (uint c = gl_LocalInvocationID.x; c < 2 * params.width; c += gl_WorkGroupSize.x)
            keysValues[to + c] = qkv[from + c];
    }
    if (back < params.gated) {
        const uint from = row * params.gatesStride;
        const uint to = frame % params.gated * params.gatedStride;
        for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
            gated[to + c] = gatedValue(gates[from + c], gates[from + params.width + c]);
    }
}
