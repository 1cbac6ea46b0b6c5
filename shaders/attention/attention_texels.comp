#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// attention.comp for CPU drivers, which load texels many lanes at a time and buffers lane by lane:
// keys and values are read 16 bytes at a time, of which a head has a whole number, and kDimsPerLane
// counts those.
//
// One workgroup per token (x) and head (y). Each lane scores one key of a tile, then each lane sums
// its own units of the values; the softmax is the running one.

#include "shaders/attention/attention_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kAttentionHeadDim) const uint kHeadDim = 256;
layout(constant_id = kAttentionDimsPerLane) const uint kUnitsPerLane = 8;

layout(push_constant) uniform Push { AttentionParams params; };

layout(binding = kAttentionStep) readonly buffer Step { StepState state; };
layout(binding = kAttentionQuery) uniform samplerBuffer query;
layout(binding = kAttentionOutput) writeonly buffer Output { float y[]; };

#define READ_TEXELS
#define KEY_CACHE kAttentionKeyCache
#define VALUE_CACHE kAttentionValueCache
#include "shaders/attention/cache_units.glsl"

shared float weights[gl_WorkGroupSize.x];
shared uint slots[gl_WorkGroupSize.x];

const float kMasked = -3.0e38;
const uint kUnits = kHeadDim / (4 * kParts);

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    const uint head = gl_WorkGroupID.y;
    const uint position = state.firstPosition + gl_WorkGroupID.x;
    const uint firstKey =
        params.window != 0 && position >= params.window ? position - params.window + 1 : 0;
    const uint kvFirst = (head / params.headsPerKvHead) * kUnits;
    const uint strideUnits = params.cacheStride / (4 * kParts);
    const uint queryFirst = (gl_WorkGroupID.x * params.queryStride + head * kHeadDim) / 4;

    vec4 outputs[kUnitsPerLane * kParts];
    [[unroll]] for (uint i = 0; i < kUnitsPerLane * kParts; ++i)
        outputs[i] = vec4(0.0);
    float largest = kMasked;
    float total = 0.0;

    for (uint tile = firstKey; tile <= position; tile += gl_WorkGroupSize.x) {
        const uint j = min(tile + lane, position);
        const uint slot = (j % params.ring) * strideUnits + kvFirst;
        vec4 products = vec4(0.0);
        for (uint i = 0; i < kUnits; ++i) {
            vec4 unit[kParts];
            LOAD_UNIT(keyCache, slot + i, unit)
            [[unroll]] for (uint p = 0; p < kParts; ++p)
                products += texelFetch(query, int(queryFirst + i * kParts + p)) * unit[p];
        }
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

        [[unroll]] for (uint i = 0; i < kUnitsPerLane * kParts; ++i)
            outputs[i] *= shrink;
        const uint keys = min(gl_WorkGroupSize.x, position - tile + 1);
        for (uint k = 0; k < keys; ++k) {
            const float share = weights[k];
            const uint from = slots[k];
            [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
                vec4 unit[kParts];
                LOAD_UNIT(valueCache, from + min(i * gl_WorkGroupSize.x + lane, kUnits - 1), unit)
                [[unroll]] for (uint p = 0; p < kParts; ++p)
                    outputs[i * kParts + p] += share * unit[p];
            }
        }
        barrier();
    }

    const uint outputFirst = gl_WorkGroupID.x * params.outputStride + head * kHeadDim;
    [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
        const uint unit = i * gl_WorkGroupSize.x + lane;
        if (unit < kUnits) {
            [[unroll]] for (uint c = 0; c < 4 * kParts; ++c)
                y[outputFirst + unit * 4 * kParts + c] = outputs[i * kParts + c / 4][c % 4] / total;
        }
    }
}
