#version 450
#extension GL_GOOGLE_include_directive : require

// Heads of queries, keys and values made ready for attention (spec 01 §2.6):
//
//     q = rope(rms_norm(q, query_norm))          in place
//     k = rope(rms_norm(k, key_norm))            to slot (position mod ring) of the cache
//     v = v / sqrt(mean(v²) + epsilon)           to the same slot (as it is in Gemma 3)
//
// rope turns the pairs (i, i + headDim/2) by position · theta^(-2i/headDim). One workgroup per token
// (x) and head (y): query heads first, then key heads, then value heads.

#include "shaders/attention/qkv_norm_rope_params.h"
#include "shaders/include/reduce.glsl"
#include "shaders/include/step_state.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kQkvNormalizesValues) const uint kNormalizesValues = 1;

layout(push_constant) uniform Push { QkvNormRopeParams params; };

layout(binding = kQkvStep) readonly buffer Step { StepState state; };
layout(binding = kQkvQuery) buffer Query { float query[]; };
layout(binding = kQkvKey) readonly buffer Key { float key[]; };
layout(binding = kQkvValue) readonly buffer Value { float value[]; };
layout(binding = kQkvQueryNorm) readonly buffer QueryNorm { float queryNorm[]; };
layout(binding = kQkvKeyNorm) readonly buffer KeyNorm { float keyNorm[]; };
// A lane stores kPacked neighbours at a time; of 16-bit floats two make a word.
#if defined(VARIANT_F16)
const uint kPacked = 2;
layout(binding = kQkvKeyCache) writeonly buffer KeyCache { uint keyCache[]; };
layout(binding = kQkvValueCache) writeonly buffer ValueCache { uint valueCache[]; };
#define STORE(cache, at, values)                                                                   \
    cache[(at) / 2] = packHalf2x16(bounded(vec2(values[0], values[1])))

// The nearest that are no infinity in 16 bits; NaN stays NaN.
vec2 bounded(vec2 values)
{
    const bvec2 isNumber =
        lessThanEqual(floatBitsToUint(values) & 0x7FFFFFFFu, uvec2(0x7F800000u));
    return mix(values, clamp(values, -65504.0, 65504.0), isNumber);
}
#else
const uint kPacked = 1;
layout(binding = kQkvKeyCache) writeonly buffer KeyCache { float keyCache[]; };
layout(binding = kQkvValueCache) writeonly buffer ValueCache { float valueCache[]; };
#define STORE(cache, at, values) cache[at] = values[0]
#endif

// cos and sin of the angle of pair `i` at `position`. Vulkan promises them only within ±π: whole
// turns are taken off first, 2π in two parts so that the first product is exact.
vec2 rotation(uint i, uint position)
{
    const float frequency = exp(-params.logTheta * 2.0 * float(i) / float(params.headDim));
    const float angle = float(position) * params.positionScale * frequency;
    const float turns = round(angle * 0.15915494309189535);
    const float rest = (angle - turns * 6.28125) - turns * 0.0019353071795864769;
    return vec2(cos(rest), sin(rest));
}

void prepareQuery(uint first, uint position)
{
    float squares = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < params.headDim; i += gl_WorkGroupSize.x)
        squares += query[first + i] * query[first + i];
    const float scale =
        inversesqrt(workgroupSum(squares) / float(params.headDim) + params.epsilon);

    const uint pairs = params.headDim / 2;
    for (uint i = gl_LocalInvocationID.x; i < pairs; i += gl_WorkGroupSize.x) {
        const float a = query[first + i] * scale * queryNorm[i];
        const float b = query[first + i + pairs] * scale * queryNorm[i + pairs];
        const vec2 turn = rotation(i, position);
        query[first + i] = a * turn.x - b * turn.y;
        query[first + i + pairs] = b * turn.x + a * turn.y;
    }
}

void prepareKey(uint first, uint slot, uint position)
{
    float squares = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < params.headDim; i += gl_WorkGroupSize.x)
        squares += key[first + i] * key[first + i];
    const float scale =
        inversesqrt(workgroupSum(squares) / float(params.headDim) + params.epsilon);

    const uint pairs = params.headDim / 2;
    for (uint i = kPacked * gl_LocalInvocationID.x; i < pairs; i += kPacked * gl_WorkGroupSize.x) {
        float low[kPacked];
        float high[kPacked];
        for (uint p = 0; p < kPacked; ++p) {
            const float a = key[first + i + p] * scale * keyNorm[i + p];
            const float b = key[first + i + p + pairs] * scale * keyNorm[i + p + pairs];
            const vec2 turn = rotation(i + p, position);
            low[p] = a * turn.x - b * turn.y;
            high[p] = b * turn.x + a * turn.y;
        }
        STORE(keyCache, slot + i, low);
        STORE(keyCache, slot + i + pairs, high);
    }
}

void prepareValue(uint first, uint slot)
{
    float squares = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < params.headDim; i += gl_WorkGroupSize.x)
        squares += value[first + i] * value[first + i];
    const float total = workgroupSum(squares);
    const float scale = kNormalizesValues == 0
                            ? 1.0
                            : inversesqrt(total / float(params.headDim) + params.epsilon);
    for (uint i = kPacked * gl_LocalInvocationID.x; i < params.headDim;
         i += kPacked * gl_WorkGroupSize.x) {
        float scaled[kPacked];
        for (uint p = 0; p < kPacked; ++p)
            scaled[p] = value[first + i + p] * scale;
        STORE(valueCache, slot + i, scaled);
    }
}

void main()
{
    const uint token = gl_WorkGroupID.x;
    const uint head = gl_WorkGroupID.y;
    const uint position = state.firstPosition + token;
    if (head < params.heads) {
        prepareQuery(token * params.queryStride + head * params.headDim, position);
        return;
    }
    const uint kvHead = (head - params.heads) % params.kvHeads;
    const uint first = token * params.kvStride + kvHead * params.headDim;
    const uint slot = (position % params.ring) * params.cacheStride + kvHead * params.headDim;
    if (head < params.heads + params.kvHeads)
        prepareKey(first, slot, position);
    else
        prepareValue(first, slot);
}
