#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Rows of the embedding table, scaled:
//
//     y[t] = scale · E[ids[t]]
//
// The table may be larger than what can be bound at once: it is dispatched once for each window of
// it, and only tokens whose id lies in the window are written. One workgroup per token.

#include "shaders/linear/embed_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { EmbedParams params; };

layout(binding = kEmbedIds) readonly buffer Ids { uint ids[]; };
layout(binding = kEmbedOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kEmbedWeight
#include "shaders/include/weights.glsl"

void main()
{
    const uint token = gl_WorkGroupID.x;
    const uint row = ids[token] - params.firstId;
    if (ids[token] < params.firstId || row >= params.ids)
        return;

    const uint first = params.outputFirst + token * params.outputStride;
    const uint chunks = (params.columns + kChunk - 1) / kChunk;
    for (uint chunk = gl_LocalInvocationID.x; chunk < chunks; chunk += gl_WorkGroupSize.x) {
        vec4 values[kChunk / 4];
        loadChunk(WeightRow(row * params.rowUnits, params.rowChunks), chunk, values);
        for (uint i = 0; i < kChunk; ++i) {
            if (chunk * kChunk + i < params.columns)
                y[first + chunk * kChunk + i] = params.scale * values[i / 4][i & 3u];
        }
    }
}
