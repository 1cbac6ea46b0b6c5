#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_shuffle : require

// attention.comp for CPU drivers, which load texels many lanes at a time and buffers lane by lane, and
// for which a workgroup is one subgroup: what lanes tell one another goes through shuffles, so that
// neither shared memory nor a barrier lies between a key and its value.
//
//     s[j] = scale · q · k[j],   o = Σ_j softmax(s)[j] · v[j],   p - window < j ≤ p
//
// One workgroup per token (x), kHeads heads that share a key head (y), and split of the keys (z), so
// that each key and value is loaded once for all of these heads. Lanes lie along the dimensions, 16
// bytes of the cache each, and hold their part of queries and outputs. As many keys as there are
// lanes are a tile: lane n gets the score of key n, and the softmax is the running one. Of several
// splits each leaves its outputs, its largest score and its sum, and the one that comes last puts
// them together.
//
// Keys and values were read last one token ago, and come from memory. A word of each 64 bytes of the
// next tile, many at once, brings them nearer before they are needed.
//
// Arrays stay in registers only if every loop over them is unrolled, which a `continue` prevents.

#include "shaders/attention/attention_subgroup_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kSubgroupHeadDim) const uint kHeadDim = 256;
layout(constant_id = kSubgroupHeads) const uint kHeads = 4;
layout(constant_id = kSubgroupUnitsPerLane) const uint kUnitsPerLane = 4;
layout(constant_id = kSubgroupIsShared) const bool kIsShared = false;

layout(push_constant) uniform Push { AttentionSubgroupParams params; };

#define READ_TEXELS
#define KEY_CACHE kSubgroupKeyCache
#define VALUE_CACHE kSubgroupValueCache
#include "shaders/attention/cache_units.glsl"

layout(binding = kSubgroupStep) readonly buffer Step { StepState state; };
layout(binding = kSubgroupQuery) uniform samplerBuffer query;
layout(binding = kSubgroupPartials) coherent buffer Partials { vec4 partials[]; };
layout(binding = kSubgroupOutput) writeonly buffer Output { vec4 y[]; };
layout(binding = kSubgroupArrivals) coherent buffer Arrivals { uint arrivals[]; };

#include "shaders/include/arrivals.glsl"

const uint kUnits = kHeadDim / (4 * kParts);
const uint kVectors = kUnitsPerLane * kParts;  // of four dimensions, that a lane has of a head
const uint kPartial = kHeadDim / 4 + 1;        // outputs; largest score and sum of weights
const float kMasked = -3.0e38;

vec4 queries[kHeads * kVectors];
vec4 outputs[kHeads * kVectors];
float largest[kHeads];
float total[kHeads];
uint touched = 0;  // of what was read ahead, so that it is read

// Where in the cache the lane's key of a tile begins, in units; past the end it is the last one.
uint slotOf(uint tile, uint end)
{
    const uint j = min(tile + gl_LocalInvocationID.x, end - 1);
    const uint kvHead = gl_WorkGroupID.y * kHeads / params.headsPerKvHead;
    return (j % params.ring) * (params.cacheStride / (4 * kParts)) + kvHead * kUnits;
}

uint unitOf(uint i) { return i * gl_WorkGroupSize.x + gl_LocalInvocationID.x; }

// Those that a head has not are read as its last one.
uint readableUnit(uint i) { return min(unitOf(i), kUnits - 1); }

// Of all lanes, in every lane. The driver leaves out the steps that a subgroup is too small for.
float sumOfLanes(float value)
{
    [[unroll]] for (uint bit = 0; bit < 7; ++bit) {
        if ((1u << bit) < gl_WorkGroupSize.x)
            value += subgroupShuffleXor(value, 1u << bit);
    }
    return value;
}

float maxOfLanes(float value)
{
    [[unroll]] for (uint bit = 0; bit < 7; ++bit) {
        if ((1u << bit) < gl_WorkGroupSize.x)
            value = max(value, subgroupShuffleXor(value, 1u << bit));
    }
    return value;
}

void loadQueries(uint firstHead)
{
    const uint first = (gl_WorkGroupID.x * params.queryStride + firstHead * kHeadDim) / 4;
    [[unroll]] for (uint h = 0; h < kHeads; ++h) {
        [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
            const float scale = unitOf(i) < kUnits ? params.scale : 0.0;
            const uint at = first + h * (kHeadDim / 4) + readableUnit(i) * kParts;
            [[unroll]] for (uint p = 0; p < kParts; ++p)
                queries[h * kVectors + i * kParts + p] = scale * texelFetch(query, int(at + p));
        }
    }
}

// Each lane its own key and value, which begin at `slot`, in units.
void readAhead(uint slot)
{
    const uint kUnitsInLine = 4;
    [[unroll]] for (uint unit = 0; unit < kUnits; unit += kUnitsInLine)
        touched |= WORD_OF_UNIT(keyCache, slot + unit) | WORD_OF_UNIT(valueCache, slot + unit);
}

// Scores of the first `keys` keys of a tile; `slot` is where the lane's own begins, in units.
void score(uint slot, uint keys, out float scores[kHeads])
{
    [[unroll]] for (uint h = 0; h < kHeads; ++h)
        scores[h] = kMasked;
    for (uint n = 0; n < keys; ++n) {
        const uint from = subgroupShuffle(slot, n);
        vec4 key[kVectors];
        [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
            vec4 unit[kParts];
            LOAD_UNIT(keyCache, from + readableUnit(i), unit)
            [[unroll]] for (uint p = 0; p < kParts; ++p)
                key[i * kParts + p] = unit[p];
        }
        vec4 products[kHeads];
        [[unroll]] for (uint h = 0; h < kHeads; ++h) {
            products[h] = queries[h * kVectors] * key[0];
            [[unroll]] for (uint i = 1; i < kVectors; ++i)
                products[h] += queries[h * kVectors + i] * key[i];
        }
        const bool isMine = gl_LocalInvocationID.x == n;
        [[unroll]] for (uint h = 0; h < kHeads; ++h) {
            const float sum = sumOfLanes(dot(products[h], vec4(1.0)));
            scores[h] = isMine ? sum : scores[h];
        }
    }
}

// Scores become weights, relative to the largest score so far; those past `keys` become zero.
void weigh(uint keys, inout float weights[kHeads])
{
    [[unroll]] for (uint h = 0; h < kHeads; ++h) {
        const float newLargest = max(largest[h], maxOfLanes(weights[h]));
        const float shrink = exp(largest[h] - newLargest);
        weights[h] = gl_LocalInvocationID.x < keys ? exp(weights[h] - newLargest) : 0.0;
        total[h] = total[h] * shrink + sumOfLanes(weights[h]);
        largest[h] = newLargest;
        [[unroll]] for (uint i = 0; i < kVectors; ++i)
            outputs[h * kVectors + i] *= shrink;
    }
}

// Two values in a round of the loop, as the outputs go to memory and back in each. The second may be
// one too many: its weight is zero.
void addValues(uint slot, uint keys, float weights[kHeads])
{
    const uint kValues = 2;
    for (uint n = 0; n < keys; n += kValues) {
        uint from[kValues];
        float share[kValues * kHeads];
        [[unroll]] for (uint k = 0; k < kValues; ++k) {
            from[k] = subgroupShuffle(slot, n + k);
            [[unroll]] for (uint h = 0; h < kHeads; ++h)
                share[k * kHeads + h] = subgroupShuffle(weights[h], n + k);
        }
        [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
            vec4 values[kValues * kParts];
            [[unroll]] for (uint k = 0; k < kValues; ++k) {
                vec4 unit[kParts];
                LOAD_UNIT(valueCache, from[k] + readableUnit(i), unit)
                [[unroll]] for (uint p = 0; p < kParts; ++p)
                    values[k * kParts + p] = unit[p];
            }
            [[unroll]] for (uint h = 0; h < kHeads; ++h) {
                [[unroll]] for (uint p = 0; p < kParts; ++p) {
                    [[unroll]] for (uint k = 0; k < kValues; ++k)
                        outputs[h * kVectors + i * kParts + p] +=
                            share[k * kHeads + h] * values[k * kParts + p];
                }
            }
        }
    }
}

// To the output if there is no other split, otherwise to the partials.
void writeOutputs(uint firstHead, uint heads)
{
    const uint nothing = touched * params.zero;
    const uint firstOutput =
        (gl_WorkGroupID.x * params.outputStride + firstHead * kHeadDim) / 4 + nothing;
    const uint firstPartial = (gl_WorkGroupID.z * heads + firstHead) * kPartial + nothing;
    [[unroll]] for (uint h = 0; h < kHeads; ++h) {
        [[unroll]] for (uint i = 0; i < kUnitsPerLane; ++i) {
            if (kUnits % gl_WorkGroupSize.x == 0 || unitOf(i) < kUnits) {
                [[unroll]] for (uint p = 0; p < kParts; ++p) {
                    const vec4 value = outputs[h * kVectors + i * kParts + p];
                    const uint at = unitOf(i) * kParts + p;
                    if (kIsShared)
                        partials[firstPartial + h * kPartial + at] = value;
                    else
                        y[firstOutput + h * (kHeadDim / 4) + at] = value / total[h];
                }
            }
        }
        if (kIsShared && gl_LocalInvocationID.x == 0)
            partials[firstPartial + h * kPartial + kPartial - 1] =
                vec4(largest[h], total[h], 0.0, 0.0);
    }
}

void putTogether(uint head, uint heads)
{
    const uint splits = gl_NumWorkGroups.z;
    float most = kMasked;
    for (uint s = 0; s < splits; ++s)
        most = max(most, partials[(s * heads + head) * kPartial + kPartial - 1].x);
    for (uint at = gl_LocalInvocationID.x; at < kHeadDim / 4; at += gl_WorkGroupSize.x) {
        vec4 value = vec4(0.0);
        float sum = 0.0;
        for (uint s = 0; s < splits; ++s) {
            const uint first = (s * heads + head) * kPartial;
            const vec2 largestAndTotal = partials[first + kPartial - 1].xy;
            const float share = exp(largestAndTotal.x - most);
            value += share * partials[first + at];
            sum += share * largestAndTotal.y;
        }
        y[head * (kHeadDim / 4) + at] = value / sum;
    }
}

void main()
{
    const uint heads = gl_NumWorkGroups.y * kHeads;
    const uint firstHead = gl_WorkGroupID.y * kHeads;
    const uint position = state.firstPosition + gl_WorkGroupID.x;
    const uint firstKey =
        params.window != 0 && position >= params.window ? position - params.window + 1 : 0;
    const uint share = (position - firstKey + gl_NumWorkGroups.z) / gl_NumWorkGroups.z;
    const uint begin = firstKey + gl_WorkGroupID.z * share;
    const uint end = min(begin + share, position + 1);

    loadQueries(firstHead);
    [[unroll]] for (uint h = 0; h < kHeads; ++h) {
        largest[h] = kMasked;
        total[h] = 0.0;
    }
    [[unroll]] for (uint i = 0; i < kHeads * kVectors; ++i)
        outputs[i] = vec4(0.0);
    uint slot = slotOf(begin, end);
    for (uint tile = begin; tile < end; tile += gl_WorkGroupSize.x) {
        const uint keys = min(gl_WorkGroupSize.x, end - tile);
        const uint nextSlot = slotOf(tile + gl_WorkGroupSize.x, end);
        float weights[kHeads];
        readAhead(nextSlot);
        score(slot, keys, weights);
        weigh(keys, weights);
        addValues(slot, keys, weights);
        slot = nextSlot;
    }
    writeOutputs(firstHead, heads);
    if (!kIsShared)
        return;
    // Every lane wrote.
    memoryBarrierBuffer();
    barrier();
    if (!isLastGroup(gl_WorkGroupID.y, gl_NumWorkGroups.z))
        return;
    for (uint h = 0; h < kHeads; ++h)
        putTogether(firstHead + h, heads);
}
