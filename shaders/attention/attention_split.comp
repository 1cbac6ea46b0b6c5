#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// attention.comp for one token, whose work is the reading of keys and values: the query heads that
// share a key head are done together, so that each key and value is loaded once, and several
// workgroups share the keys.
//
//     s[j] = scale · q · k[j],   o = Σ_j softmax(s)[j] · v[j],   p - window < j ≤ p
//
// One workgroup per split (x) and key head (y). Each lane scores kKeys keys of a tile. Then lanes form
// teams that share the keys: each lane of a team sums its own 16-byte pieces of the values. The
// softmax is the running one. Of several splits each leaves its largest score, its sum and its
// outputs, and the one that comes last puts them together.
//
// A GPU waits for a load at its first use: loops load several pieces before they use any.

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
layout(binding = kSplitPartials) coherent buffer Partials { vec4 partials[]; };
layout(binding = kSplitOutput) writeonly buffer Output { vec4 y[]; };
layout(binding = kSplitArrivals) coherent buffer Arrivals { uint arrivals[]; };

#include "shaders/include/arrivals.glsl"

const uint kLanes = gl_WorkGroupSize.x;
const uint kKeys = 2;    // that a lane scores at a time, for one load of the query
const uint kUnits = kHeadDim / (4 * kParts);
const uint kScored = 2;  // units that are scored at a time
const uint kSummed = 4;  // keys whose values are summed at a time
const uint kJoined = 8;  // splits that are put together at a time
const uint kTeams = kLanes > kUnits ? kLanes / kUnits : 1;
const uint kPartial = kHeadDim / 4 + 1;  // outputs; largest score and sum of weights
const float kMasked = -3.0e38;

shared float weights[kLanes * kKeys * kGroup];
shared uint slots[kLanes * kKeys];
shared vec4 joined[kLanes];

float largest[kGroup];
float total[kGroup];
vec4 outputs[kGroup * kUnitsPerLane * kParts];

// The first of this lane's units of a head; others follow kLanes apart where there is one team.
uint firstUnit() { return kTeams == 1 ? gl_LocalInvocationID.x : gl_LocalInvocationID.x % kUnits; }
uint team() { return kTeams == 1 ? 0 : gl_LocalInvocationID.x / kUnits; }

// Scores of the keys from `tile` on become weights, relative to the largest score so far.
void score(uint tile, uint end, uint kvHead)
{
    const uint lane = gl_LocalInvocationID.x;
    const uint strideUnits = params.cacheStride / (4 * kParts);
    uint from[kKeys];
    [[unroll]] for (uint k = 0; k < kKeys; ++k) {
        const uint j = min(tile + k * kLanes + lane, end - 1);
        from[k] = (j % params.ring) * strideUnits + kvHead * kUnits;
        slots[k * kLanes + lane] = from[k];
    }

    vec4 products[kGroup * kKeys];
    [[unroll]] for (uint i = 0; i < kGroup * kKeys; ++i)
        products[i] = vec4(0.0);
    const uint queryFirst = kvHead * kGroup * (kHeadDim / 4);
    for (uint first = 0; first < kUnits; first += kScored) {
        vec4 keys[kScored * kKeys * kParts];
        [[unroll]] for (uint i = 0; i < kScored; ++i) {
            [[unroll]] for (uint k = 0; k < kKeys; ++k) {
                vec4 unit[kParts];
                LOAD_UNIT(keyCache, from[k] + min(first + i, kUnits - 1), unit)
                [[unroll]] for (uint p = 0; p < kParts; ++p)
                    keys[(i * kKeys + k) * kParts + p] = unit[p];
            }
        }
        [[unroll]] for (uint i = 0; i < kScored; ++i) {
            // A unit behind the last counts for nothing.
            const float counts = first + i < kUnits ? 1.0 : 0.0;
            const uint at = queryFirst + min(first + i, kUnits - 1) * kParts;
            [[unroll]] for (uint g = 0; g < kGroup; ++g) {
                [[unroll]] for (uint p = 0; p < kParts; ++p) {
                    const vec4 q = counts * query[at + g * (kHeadDim / 4) + p];
                    [[unroll]] for (uint k = 0; k < kKeys; ++k)
                        products[g * kKeys + k] += q * keys[(i * kKeys + k) * kParts + p];
                }
            }
        }
    }

    [[unroll]] for (uint g = 0; g < kGroup; ++g) {
        float scores[kKeys];
        float most = kMasked;
        [[unroll]] for (uint k = 0; k < kKeys; ++k) {
            const bool isKey = tile + k * kLanes + lane < end;
            scores[k] = isKey ? dot(products[g * kKeys + k], vec4(params.scale)) : kMasked;
            most = max(most, scores[k]);
        }
        const float newLargest = max(largest[g], workgroupMax(most));
        const float shrink = exp(largest[g] - newLargest);
        float sum = 0.0;
        [[unroll]] for (uint k = 0; k < kKeys; ++k) {
            const uint n = k * kLanes + lane;
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
    // Lanes that belong to no team have nothing to do.
    for (uint first = team() < kTeams ? team() : keys; first < keys; first += kTeams * kSummed) {
        vec4 values[kSummed * kUnitsPerLane * kParts];
        [[unroll]] for (uint n = 0; n < kSummed; ++n) {
            const uint from = slots[min(first + n * kTeams, keys - 1)];
            [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
                vec4 unit[kParts];
                LOAD_UNIT(valueCache, from + min(i * kLanes + firstUnit(), kUnits - 1), unit)
                [[unroll]] for (uint p = 0; p < kParts; ++p)
                    values[(n * kUnitsPerLane + i) * kParts + p] = unit[p];
            }
        }
        [[unroll]] for (uint n = 0; n < kSummed; ++n) {
            const uint key = first + n * kTeams;
            [[unroll]] for (uint g = 0; g < kGroup; ++g) {
                const float share = key < keys ? weights[min(key, keys - 1) * kGroup + g] : 0.0;
                [[unroll]] for (uint i = 0; i < kUnitsPerLane * kParts; ++i)
                    outputs[g * kUnitsPerLane * kParts + i] +=
                        share * values[n * kUnitsPerLane * kParts + i];
            }
        }
    }
}

// The first team's outputs become those of all teams.
void joinTeams()
{
    [[unroll]] for (uint o = 0; o < kGroup * kParts; ++o) {
        barrier();
        joined[gl_LocalInvocationID.x] = outputs[o];
        barrier();
        if (team() == 0) {
            for (uint t = 1; t < kTeams; ++t)
                outputs[o] += joined[t * kUnits + firstUnit()];
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
        const uint unit = i * kLanes + firstUnit();
        if (unit < kUnits && team() == 0) {
            [[unroll]] for (uint p = 0; p < kParts; ++p) {
                const vec4 value = outputs[(g * kUnitsPerLane + i) * kParts + p];
                if (isAll)
                    y[head * (kHeadDim / 4) + unit * kParts + p] = value / total[g];
                else
                    partials[first + unit * kParts + p] = value;
            }
        }
    }
    if (!isAll && gl_LocalInvocationID.x == 0)
        partials[first + kPartial - 1] = vec4(largest[g], total[g], 0.0, 0.0);
}

// Lanes take splits to find what each counts for, and then pieces of the output.
void putTogether(uint head, uint heads)
{
    float most = kMasked;
    for (uint s = gl_LocalInvocationID.x; s < params.splits; s += kLanes)
        most = max(most, partials[(s * heads + head) * kPartial + kPartial - 1].x);
    most = workgroupMax(most);
    float sum = 0.0;
    for (uint s = gl_LocalInvocationID.x; s < params.splits; s += kLanes) {
        const vec2 stats = partials[(s * heads + head) * kPartial + kPartial - 1].xy;
        const float share = exp(stats.x - most);
        weights[s] = share;
        sum += stats.y * share;
    }
    sum = workgroupSum(sum);
    barrier();
    for (uint d = gl_LocalInvocationID.x; d < kHeadDim / 4; d += kLanes) {
        vec4 value = vec4(0.0);
        for (uint first = 0; first < params.splits; first += kJoined) {
            vec4 parts[kJoined];
            [[unroll]] for (uint s = 0; s < kJoined; ++s) {
                const uint split = min(first + s, params.splits - 1);
                parts[s] = partials[(split * heads + head) * kPartial + d];
            }
            [[unroll]] for (uint s = 0; s < kJoined; ++s)
                value += (first + s < params.splits ? weights[first + s] : 0.0) * parts[s];
        }
        y[head * (kHeadDim / 4) + d] = value / sum;
    }
    barrier();
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

    for (uint tile = begin; tile < end; tile += kLanes * kKeys) {
        score(tile, end, kvHead);
        barrier();
        addValues(min(kLanes * kKeys, end - tile));
        barrier();
    }

    if (kTeams > 1)
        joinTeams();
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
