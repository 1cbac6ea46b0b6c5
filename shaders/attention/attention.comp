#version 450
#extension GL_GOOGLE_include_directive : require

// Causal attention of each query head over the cache (spec 01 §2.6):
//
//     s[j] = scale · q · k[j],   o = Σ_j softmax(s)[j] · v[j],   p - window < j ≤ p
//
// One workgroup per token (x) and head (y). It walks over the keys a workgroup's width at a time:
// each lane scores one key, then each lane sums its own dimensions of the values. The softmax is the
// running one: whenever a larger score appears, what was summed so far is scaled down.

#include "shaders/attention/attention_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kAttentionHeadDim) const uint kHeadDim = 256;
layout(constant_id = kAttentionDimsPerLane) const uint kDimsPerLane = 4;

layout(push_constant) uniform Push { AttentionParams params; };

layout(binding = kAttentionStep) readonly buffer Step { StepState state; };
layout(binding = kAttentionQuery) readonly buffer Query { float query[]; };
#if defined(VARIANT_F16)
layout(binding = kAttentionKeyCache) readonly buffer KeyCache { uint keyCache[]; };
layout(binding = kAttentionValueCache) readonly buffer ValueCache { uint valueCache[]; };
float halfOf(uint word, uint element)
{
    const vec2 pair = unpackHalf2x16(word);
    return (element & 1u) == 0 ? pair.x : pair.y;
}
#define CACHED(cache, i) halfOf(cache[(i) / 2], i)
#else
layout(binding = kAttentionKeyCache) readonly buffer KeyCache { float keyCache[]; };
layout(binding = kAttentionValueCache) readonly buffer ValueCache { float valueCache[]; };
#define CACHED(cache, i) cache[i]
#endif
layout(binding = kAttentionOutput) writeonly buffer Output { float y[]; };

shared float sharedQuery[kHeadDim];
shared float weights[gl_WorkGroupSize.x];
shared uint slots[gl_WorkGroupSize.x];

const float kMasked = -3.0e38;

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    const uint head = gl_WorkGroupID.y;
    const uint position = state.firstPosition + gl_WorkGroupID.x;
    const uint firstKey =
        params.window != 0 && position >= params.window ? position - params.window + 1 : 0;
    const uint kvFirst = (head / params.headsPerKvHead) * kHeadDim;
    const uint queryFirst = gl_WorkGroupID.x * params.queryStride + head * kHeadDim;

    for (uint i = lane; i < kHeadDim; i += gl_WorkGroupSize.x)
        sharedQuery[i] = query[queryFirst + i] * params.scale;
    barrier();

    float outputs[kDimsPerLane];
    for (uint i = 0; i < kDimsPerLane; ++i)
        outputs[i] = 0.0;
    float largest = kMasked;
    float total = 0.0;

    for (uint tile = firstKey; tile <= position; tile += gl_WorkGroupSize.x) {
        const uint j = tile + lane;
        const uint slot = (j % params.ring) * params.cacheStride + kvFirst;
        float score = kMasked;
        if (j <= position) {
            score = 0.0;
            for (uint i = 0; i < kHeadDim; ++i)
                score += sharedQuery[i] * CACHED(keyCache, slot + i);
        }

        const float newLargest = max(largest, workgroupMax(score));
        const float shrink = exp(largest - newLargest);
        const float weight = j <= position ? exp(score - newLargest) : 0.0;
        total = total * shrink + workgroupSum(weight);
        largest = newLargest;
        weights[lane] = weight;
        slots[lane] = slot;
        barrier();

        const uint keys = min(gl_WorkGroupSize.x, position - tile + 1);
        for (uint i = 0; i < kDimsPerLane; ++i) {
            const uint dim = i * gl_WorkGroupSize.x + lane;
            if (dim < kHeadDim) {
                float sum = outputs[i] * shrink;
                for (uint k = 0; k < keys; ++k)
                    sum += weights[k] * CACHED(valueCache, slots[k] + dim);
                outputs[i] = sum;
            }
        }
        barrier();
    }

    const uint outputFirst = gl_WorkGroupID.x * params.outputStride + head * kHeadDim;
    for (uint i = 0; i < kDimsPerLane; ++i) {
        const uint dim = i * gl_WorkGroupSize.x + lane;
        if (dim < kHeadDim)
            y[outputFirst + dim] = outputs[i] / total;
    }
}
