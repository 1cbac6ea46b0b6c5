#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// attention.comp for one token, whose work is the reading of keys and values: the query heads that
// share a key head are done together, so that each key and value is loaded once, and several
// workgroups share the keys.
//
//     s[j] = scale · q · k[j],   o = Σ_j softmax(s)[j] · v[j],   p - window < j ≤ p
//
// One workgroup per split (x) and key head (y). Each lane scores kKeys keys of a tile, then sums its
// own 16-byte pieces of the values; the softmax is the running one. Of several splits each leaves its
// largest score, its sum and its outputs, and the one that comes last puts them together.

#include "shaders/attention/attention_split_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kSplitHeadDim) const uint kHeadDim = 256;
layout(constant_id = kSplitHeadsPerKvHead) const uint kGroup = 4;
layout(constant_id = kSplitUnitsPerLane) const uint kUnitsPerLane = 4;

layout(push_constant) uniform Push { AttentionSplitParams params; };

#define KEY_CACHE kSplitKeyCache
#define VALUE_CACHE kSplitValueCache
#include "shaders/attention/cache_units.glsl"

layout(binding = kSplitStep) readonly buffer Step { StepState state; };
layout(binding = kSplitQuery) readonly buffer Query { vec4 query[]; };
layout(binding = kSplitPartials) coherent buffer Partials { float partials[]; };
layout(binding = kSplitOutput) writeonly buffer Output { float y[]; };
layout(binding = kSplitArrivals) coherent buffer Arrivals { uint arrivals[]; };

#include "shaders/include/arrivals.glsl"

const uint kKeys = 2;  // that a lane scores at a time, for one load of the query
const uint kUnits = kHeadDim / (4 * kParts);
const uint kPartial = kHeadDim + 2;  // outputs, largest score, sum of weights
const float kMasked = -3.0e38;

shared float weights[gl_WorkGroupSize.x * kKeys * kGroup];
shared uint slots[gl_WorkGroupSize.x * kKeys];

float largest[kGroup];
float total[kGroup];
vec4 outputs[kGroup * kUnitsPerLane * kParts];

// Scores of the keys from `tile` on become weights, relative to the largest score so far.
void score(uint tile, uint end, uint kvHead)
{
    const uint lane = gl_LocalInvocationID.x;
    const uint strideUnits = params.cacheStride / (4 * kParts);
    uint from[kKeys];
    [[unroll]] for (uint k = 0; k < kKeys; ++k) {
        const uint j = min(tile + k * gl_WorkGroupSize.x + lane, end - 1);
        from[k] = (j % params.ring) * strideUnits + kvHead * kUnits;
        slots[k * gl_WorkGroupSize.x + lane] = from[k];
    }

    vec4 products[kGroup * kKeys];
    [[unroll]] for (uint i = 0; i < kGroup * kKeys; ++i)
        products[i] = vec4(0.0);
    const uint queryFirst = kvHead * kGroup * (kHeadDim / 4);
    for (uint u = 0; u < kUnits; ++u) {
        vec4 keys[kKeys * kParts];
        [[unroll]] for (uint k = 0; k < kKeys; ++k) {
            vec4 unit[kParts];
            LOAD_UNIT(keyCache, from[k] + u, unit)
            [[unroll]] for (uint p = 0; p < kParts; ++p)
                keys[k * kParts + p] = unit[p];
        }
        [[unroll]] for (uint g = 0; g < kGroup; ++g) {
            [[unroll]] for (uint p = 0; p < kParts; ++p) {
                const vec4 q = query[queryFirst + g * (kHeadDim / 4) + u * kParts + p];
                [[unroll]] for (uint k = 0; k < kKeys; ++k)
                    products[g * kKeys + k] += q * keys[k * kParts + p];
            }
        }
    }

    [[unroll]] for (uint g = 0; g < kGroup; ++g) {
        float scores[kKeys];
        float most = kMasked;
        [[unroll]] for (uint k = 0; k < kKeys; ++k) {
            const bool isKey = tile + k * gl_WorkGroupSize.x + lane < end;
            scores[k] = isKey ? dot(products[g * kKeys + k], vec4(params.scale)) : kMasked;
            most = max(most, scores[k]);
        }
        const float newLargest = max(largest[g], workgroupMax(most));
        const float shrink = exp(largest[g] - newLargest);
        float sum = 0.0;
        [[unroll]] for (uint k = 0; k < kKeys; ++k) {
            const uint n = k * gl_WorkGroupSize.x + lane;
            const float weight = tile + n < end ? exp(scores[k] - newLargest) : 0.0;
            weights[n * kGroup + g] = weight;
            sum += weight;
        }
        total[g] = total[g] * shrink + workgroupSum(sum);
        largest[g] = newLargest;
        [[unroll]] for (uint i = 0; i < kUnitsPerLane * kParts; ++i)
            outputs[g * kUnitsPerLane * kParts + i] *= shrink;
    }
}

void addValues(uint keys)
{
    for (uint n = 0; n < keys; ++n) {
        const uint from = slots[n];
        float share[kGroup];
        [[unroll]] for (uint g = 0; g < kGroup; ++g)
            share[g] = weights[n * kGroup + g];
        [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
            vec4 unit[kParts];
            LOAD_UNIT(valueCache, from + min(i * gl_WorkGroupSize.x + gl_LocalInvocationID.x, kUnits - 1),
                 unit)
            [[unroll]] for (uint g = 0; g < kGroup; ++g) {
                [[unroll]] for (uint p = 0; p < kParts; ++p)
                    outputs[(g * kUnitsPerLane + i) * kParts + p] += share[g] * unit[p];
            }
        }
    }
}

// What this workgroup has of a head: to the output if there is no other, otherwise to the partials.
void writeHead(uint g, uint head, uint split, uint heads)
{
    const bool isAll = params.splits == 1;
    const uint first = (split * heads + head) * kPartial;
    [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
        // With a `continue` the loop would not be unrolled, and the outputs in no register.
        const uint unit = i * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
        if (unit < kUnits) {
            [[unroll]] for (uint c = 0; c < 4 * kParts; ++c) {
                const float value = outputs[(g * kUnitsPerLane + i) * kParts + c / 4][c % 4];
                const uint dim = unit * 4 * kParts + c;
                if (isAll)
                    y[head * kHeadDim + dim] = value / total[g];
                else
                    partials[first + dim] = value;
            }
        }
    }
    if (!isAll && gl_LocalInvocationID.x == 0) {
        partials[first + kHeadDim] = largest[g];
        partials[first + kHeadDim + 1] = total[g];
    }
}

void putTogether(uint head, uint heads)
{
    float most = kMasked;
    for (uint s = 0; s < params.splits; ++s)
        most = max(most, partials[(s * heads + head) * kPartial + kHeadDim]);
    float sum = 0.0;
    for (uint s = 0; s < params.splits; ++s) {
        const uint at = (s * heads + head) * kPartial + kHeadDim;
        sum += partials[at + 1] * exp(partials[at] - most);
    }
    for (uint dim = gl_LocalInvocationID.x; dim < kHeadDim; dim += gl_WorkGroupSize.x) {
        float value = 0.0;
        for (uint s = 0; s < params.splits; ++s) {
            const uint first = (s * heads + head) * kPartial;
            value += partials[first + dim] * exp(partials[first + kHeadDim] - most);
        }
        y[head * kHeadDim + dim] = value / sum;
    }
}

void main()
{
    const uint split = gl_WorkGroupID.x;
    const uint kvHead = gl_WorkGroupID.y;
    const uint heads = gl_NumWorkGroups.y * kGroup;
    const uint position = state.firstPosition;
    const uint firstKey =
        params.window != 0 && position >= params.window ? position - params.window + 1 : 0;
    const uint share = (position - firstKey + params.splits) / params.splits;
    const uint begin = firstKey + split * share;
    const uint end = min(begin + share, position + 1);

    [[unroll]] for (uint g = 0; g < kGroup; ++g) {
        largest[g] = kMasked;
        total[g] = 0.0;
    }
    [[unroll]] for (uint i = 0; i < kGroup * kUnitsPerLane * kParts; ++i)
        outputs[i] = vec4(0.0);

    for (uint tile = begin; tile < end; tile += gl_WorkGroupSize.x * kKeys) {
        score(tile, end, kvHead);
        barrier();
        addValues(min(gl_WorkGroupSize.x * kKeys, end - tile));
        barrier();
    }

    [[unroll]] for (uint g = 0; g < kGroup; ++g)
        writeHead(g, kvHead * kGroup + g, split, heads);
    if (params.splits == 1)
        return;
    // Every lane wrote.
    memoryBarrierBuffer();
    barrier();
    if (!isLastGroup(kvHead, params.splits))
        return;
    for (uint g = 0; g < kGroup; ++g)
        putTogether(kvHead * kGroup + g, heads);
}
