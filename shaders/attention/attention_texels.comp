#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// attention.comp for CPU drivers, which load texels many lanes at a time and buffers lane by lane:
// queries, keys and values are read four elements at a time. The head dimension is a multiple of 4,
// and kDimsPerLane counts vectors of 4.
//
// One workgroup per token (x) and head (y). Each lane scores one key of a tile, then each lane sums
// its own vectors of the values; the softmax is the running one.

#include "shaders/attention/attention_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kAttentionHeadDim) const uint kHeadDim = 256;
layout(constant_id = kAttentionDimsPerLane) const uint kVectorsPerLane = 8;

layout(push_constant) uniform Push { AttentionParams params; };

layout(binding = kAttentionStep) readonly buffer Step { StepState state; };
layout(binding = kAttentionQuery) uniform samplerBuffer query;
layout(binding = kAttentionKeyCache) uniform samplerBuffer keyCache;
layout(binding = kAttentionValueCache) uniform samplerBuffer valueCache;
layout(binding = kAttentionOutput) writeonly buffer Output { float y[]; };

shared float weights[gl_WorkGroupSize.x];
shared uint slots[gl_WorkGroupSize.x];

const float kMasked = -3.0e38;
const uint kVectors = kHeadDim / 4;

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    const uint head = gl_WorkGroupID.y;
    const uint position = state.firstPosition + gl_WorkGroupID.x;
    const uint firstKey =
        params.window != 0 && position >= params.window ? position - params.window + 1 : 0;
    const uint kvFirst = (head / params.headsPerKvHead) * kVectors;
    const uint queryFirst = (gl_WorkGroupID.x * params.queryStride) / 4 + head * kVectors;

    vec4 outputs[kVectorsPerLane];
    [[unroll]] for (uint i = 0; i < kVectorsPerLane; ++i)
        outputs[i] = vec4(0.0);
    float largest = kMasked;
    float total = 0.0;

    for (uint tile = firstKey; tile <= position; tile += gl_WorkGroupSize.x) {
        const uint j = min(tile + lane, position);
        const uint slot = (j % params.ring) * (params.cacheStride / 4) + kvFirst;
        vec4 products = vec4(0.0);
        for (uint i = 0; i < kVectors; ++i)
            products += texelFetch(query, int(queryFirst + i)) * texelFetch(keyCache, int(slot + i));
        const bool isKey = tile + lane <= position;
        const float score = isKey ? dot(products, vec4(params.scale)) : kMasked;

        const float newLargest = max(largest, workgroupMax(score));
        const float shrink = exp(largest - newLargest);
        const float weight = isKey ? exp(score - newLargest) : 0.0;
        total = total * shrink + workgroupSum(weight);
        largest = newLargest;
        weights[lane] = weight;
        slots[lane] = slot;
        barrier();

        [[unroll]] for (uint i = 0; i < kVectorsPerLane; ++i)
            outputs[i] *= shrink;
        const uint keys = min(gl_WorkGroupSize.x, position - tile + 1);
        for (uint k = 0; k < keys; ++k) {
            const float share = weights[k];
            const uint from = slots[k];
            [[unroll]] for (uint i = 0; i < kVectorsPerLane; ++i) {
                const uint vector = min(i * gl_WorkGroupSize.x + lane, kVectors - 1);
                outputs[i] += share * texelFetch(valueCache, int(from + vector));
            }
        }
        barrier();
    }

    const uint outputFirst = gl_WorkGroupID.x * params.outputStride + head * kHeadDim;
    [[unroll]] for (uint i = 0; i < kVectorsPerLane; ++i) {
        const uint vector = i * gl_WorkGroupSize.x + lane;
        if (vector < kVectors) {
            const vec4 result = outputs[i] / total;
            for (uint c = 0; c < 4; ++c)
                y[outputFirst + 4 * vector + c] = result[c];
        }
    }
}
