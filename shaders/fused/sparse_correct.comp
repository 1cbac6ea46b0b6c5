#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// The last product of a feed-forward network of which most neurons are cut, and AltUp's correction by
// it (spec 01 §2.5, §8.3):
//
//     product[o] = Σ_n D[o][n] · v[n]      over the neurons n that survived
//
// and then what correct_row.glsl makes of it. The weight lies by neurons
// (engine/kernels/column_layout.h), so that those of the others are not read. Outputs are computed kChunk
// at a time. With kShares a workgroup has one chunk: its lanes share the neurons and add up what they
// have. Without, each lane has a chunk of its own and takes all neurons. The workgroup that comes last
// does the rest.

#include "shaders/include/reduce.glsl"
#include "shaders/include/rows.glsl"
#include "shaders/fused/sparse_correct_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kSparseCorrectBlocks) const uint kBlocks = 1;
layout(constant_id = kSparseCorrectShares) const uint kShares = 1;
layout(constant_id = kLinearCorrectInputs) const uint kInputs = 4;

layout(push_constant) uniform Push { SparseCorrectParams params; };

ROW_INPUT(kLinearCorrectInput, x)
ROW_SHARED(kLinearCorrectProduct, products)
ROW_INPUT(kLinearCorrectNorm, norm)
ROW_INPUT(kLinearCorrectResidual, residual)
ROW_INPUT(kLinearCorrectPredictions, predictions)
ROW_INPUT(kLinearCorrectRouterNorm, routerNorm)
ROW_INPUT(kLinearCorrectRouter, router)
layout(binding = kLinearCorrectCoefs) readonly buffer Coefs { float coefs[]; };
ROW_INPUT(kLinearCorrectScale, outputScale)
ROW_OUTPUT(kLinearCorrectStreams, streams)
ROW_OUTPUT(kLinearCorrectScaled, scaled)
layout(binding = kLinearCorrectArrivals) coherent buffer Arrivals { uint arrivals[]; };
#if defined(READ_TEXELS)
layout(binding = kSparseCorrectSurvivors) uniform isamplerBuffer survivors;
#define SURVIVORS(i) uvec4(texelFetch(survivors, int(i)))
#else
layout(binding = kSparseCorrectSurvivors) readonly buffer Survivors { uvec4 survivors[]; };
#define SURVIVORS(i) survivors[i]
#endif

// By columns, quants of five and six bits take eight, and scales that are products are multiplied out.
#if defined(VARIANT_Q4_K)
#define HAS_OFFSETS
#elif defined(VARIANT_Q5_K)
#undef VARIANT_Q5_K
#define VARIANT_Q8_0
#define HAS_OFFSETS
#elif defined(VARIANT_Q6_K)
#undef VARIANT_Q6_K
#define VARIANT_Q8_0
#define HAS_TWO_SCALES
#endif
#define WEIGHT_BINDING kLinearCorrectWeight
#include "shaders/include/weights.glsl"
#include "shaders/include/arrivals.glsl"
#include "shaders/fused/correct_row.glsl"
#include "shaders/fused/survivors.glsl"

const uint kVectors = kChunk / 4;

// Of each subgroup. Workgroups have at most 256 lanes here, and subgroups at least 4.
shared vec4 chunkPartials[64 * kVectors];

uvec4 survivorsOf(uint range)
{
    if (kBlocks == 4)
        return SURVIVORS(range);
    return uvec4(SURVIVORS(range / 4)[range & 3u], 0, 0, 0);
}

// A neuron's weights are scales · quants + offsets.
void loadColumnScales(uint block, uint chunk, uint neuron, out vec4 scales[kVectors],
                      out vec4 offsets[kVectors])
{
    [[unroll]] for (uint i = 0; i < kVectors; ++i) {
        scales[i] = vec4(1.0);
        offsets[i] = vec4(0.0);
    }
#if defined(HAS_OFFSETS) || defined(HAS_TWO_SCALES)
    const uint first = block + 2 * kVectors * chunk;
#if defined(HAS_OFFSETS)
    [[unroll]] for (uint i = 0; i < kVectors; ++i) {
        scales[i] = uintBitsToFloat(weightUnit(first + i));
        offsets[i] = uintBitsToFloat(weightUnit(first + kVectors + i));
    }
#else
    const uint side = neuron % kBlock < kBlock / 2 ? 0 : kVectors;
    [[unroll]] for (uint i = 0; i < kVectors; ++i)
        scales[i] = uintBitsToFloat(weightUnit(first + side + i));
#endif
#elif defined(WEIGHTS_ARE_BLOCKS)
    uvec4 halves[kVectors / 2];
    [[unroll]] for (uint i = 0; i < kVectors / 2; ++i)
        halves[i] = weightUnit(block + kVectors / 2 * chunk + i);
    [[unroll]] for (uint i = 0; i < kVectors; ++i) {
        const uvec2 four = (i & 1u) == 0 ? halves[i / 2].xy : halves[i / 2].zw;
        scales[i] = vec4(unpackHalf2x16(four.x), unpackHalf2x16(four.y));
#if defined(VARIANT_Q4_0)
        offsets[i] = -8.0 * scales[i];
#endif
    }
#endif
}

void addNeuron(uint neuron, uint chunk, inout vec4 sums[kVectors])
{
    const float value = x((params.inputFirst + neuron) / 4)[neuron & 3u];
    const uint block = neuron / kBlock * params.blockUnits;
    const uint column = block + params.scaleUnits + neuron % kBlock * params.neuronUnits;
    uvec4 shared_[kShared];
    uvec4 units[kUnits];
    [[unroll]] for (uint i = 0; i < kShared; ++i)
        shared_[i] = uvec4(0);
    [[unroll]] for (uint i = 0; i < kUnits; ++i)
        units[i] = weightUnit(column + chunk * kUnits + i);
    vec4 scales[kVectors];
    vec4 offsets[kVectors];
    loadColumnScales(block, chunk, neuron, scales, offsets);
    [[unroll]] for (uint i = 0; i < kVectors; ++i)
        sums[i] += value * (scales[i] * quantsOf(0, 0, shared_, units, i) + offsets[i]);
}

void write(uint chunk, uint i, vec4 sum)
{
    const uint unit = chunk * kVectors + i;
    if (unit < params.width / 4)
        STORE_ROW(products, params.productFirst / 4 + unit, sum);
}

// A chunk that the workgroup shares.
void addUpAndWrite(uint chunk, vec4 sums[kVectors])
{
    [[unroll]] for (uint i = 0; i < kVectors; ++i) {
        const vec4 partial = subgroupAdd(sums[i]);
        if (subgroupElect())
            chunkPartials[gl_SubgroupID * kVectors + i] = partial;
    }
    barrier();
    for (uint i = gl_LocalInvocationID.x; i < kVectors; i += gl_WorkGroupSize.x) {
        vec4 sum = vec4(0.0);
        for (uint s = 0; s < gl_NumSubgroups; ++s)
            sum += chunkPartials[s * kVectors + i];
        write(chunk, i, sum);
    }
}

void main()
{
    const uint lane = gl_LocalInvocationID.x;
    const uint group = gl_WorkGroupID.x;
    const uint own = kShares != 0 ? group : group * gl_WorkGroupSize.x + lane;
    const uint chunk = min(own, params.chunks - 1);
    const uint ranges = (params.neurons + kRange - 1) / kRange;
    vec4 sums[kVectors];
    [[unroll]] for (uint i = 0; i < kVectors; ++i)
        sums[i] = vec4(0.0);
    for (uint range = kShares != 0 ? lane : 0; range < ranges;
         range += kShares != 0 ? gl_WorkGroupSize.x : 1) {
        uvec4 left = survivorsOf(range);
        while (isAnyLeft(left))
            addNeuron(range * kRange + takeFirst(left), chunk, sums);
    }
    if (kShares != 0) {
        addUpAndWrite(chunk, sums);
    } else if (own < params.chunks) {
        [[unroll]] for (uint i = 0; i < kVectors; ++i)
            write(chunk, i, sums[i]);
    }
    publishWrites();
    if (isLastGroup(0, params.groups))
        correctRow();
}
