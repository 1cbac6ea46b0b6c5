#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// What neurons let through whose gate is not cut (spec 01 §2.8, §8.3):
//
//     y[n] = gelu(g[n] - cutoff) · Σ_i U[n][i] · x[i]      where g[n] > cutoff
//
// and which they are: bit n mod 32 of survivors[n / 32]. Of the others, as gelu(0) is 0, nothing is
// read, and y is not written. One workgroup looks at kBlocks · 32 neurons and multiplies the rows of
// kRows survivors at a time, in order. Sums are in fp32.

#include "shaders/include/activations.glsl"
#include "shaders/include/reduce.glsl"
#include "shaders/include/reduce_bits.glsl"
#include "shaders/include/rows.glsl"
#include "shaders/fused/sparse_up_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kPartRowsPerGroup) const uint kRows = 4;
layout(constant_id = kSparseUpBlocks) const uint kBlocks = 1;
const uint kTokens = 1;

layout(push_constant) uniform Push { SparseUpParams params; };

ROW_INPUT(kSparseUpGate, gate)
layout(binding = kSparseUpCutoff) readonly buffer Cutoff { float cutoff[]; };
layout(binding = kSparseUpOutput) writeonly buffer Output { float y[]; };
layout(binding = kSparseUpSurvivors) writeonly buffer Survivors { uint survivors[]; };
layout(binding = kSparseUpTally) buffer Tally { uint tally[]; };

#define WEIGHT_BINDING kSparseUpWeight
#define LINEAR_INPUT kSparseUpInput
uint tileRows[kRows];  // neurons
#define STORED_ROW(product, row) tileRows[row]
#include "shaders/linear/product.glsl"
#include "shaders/fused/survivors.glsl"

vec4 gatesFrom(uint neuron) { return gate((params.gateFirst + neuron) / 4); }

// Those of a range, the same in every lane.
uvec4 findSurvivors(uint first)
{
    uvec4 found = uvec4(0);
    [[unroll]] for (uint b = 0; b < kBlocks; ++b) {
        uint bits = 0;
        for (uint four = gl_LocalInvocationID.x; four < kBlock / 4; four += gl_WorkGroupSize.x) {
            const uint neuron = first + b * kBlock + 4 * four;
            const vec4 gates = gatesFrom(min(neuron, (params.part.rows - 1) & ~3u));
            [[unroll]] for (uint i = 0; i < 4; ++i) {
                const bool survives = neuron + i < params.part.rows && gates[i] > cutoff[0];
                bits |= survives ? 1u << (4 * four + i) : 0u;
            }
        }
        found[b] = workgroupOr(bits);
    }
    return found;
}

// Counters of two words, so that they do not run over.
void add(uint counter, uint amount)
{
    const uint before = atomicAdd(tally[counter], amount);
    if (before + amount < before)
        atomicAdd(tally[counter + 1], 1u);
}

void report(uint range, uvec4 found)
{
    uint neurons = 0;
    uint blocks = 0;
    [[unroll]] for (uint b = 0; b < kBlocks; ++b) {
        survivors[range * kBlocks + b] = found[b];
        neurons += uint(bitCount(found[b]));
        blocks += found[b] != 0 ? 1u : 0u;
    }
    if (neurons == 0)
        return;
    add(kTallyUnits, neurons * params.neuronUnits + blocks * params.blockUnits);
    add(kTallyNeurons, neurons);
}

void main()
{
    const uint range = gl_WorkGroupID.x;
    const uint first = range * kRange;
    const LinearPart part = params.part;
    uvec4 left = findSurvivors(first);
    if (gl_LocalInvocationID.x == 0)
        report(range, left);

    while (isAnyLeft(left)) {
        // Behind the last survivor it is the last again.
        uint neuron = 0;
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            if (isAnyLeft(left))
                neuron = first + takeFirst(left);
            tileRows[r] = neuron;
        }
        float sums[kSums];
        multiplyTile(Product(part.columns, part.rows, part.rowUnits, part.rowChunks, part.firstUnit,
                             1, 0, part.inputFirst),
                     0, 0, sums);
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            const float up = workgroupSum(sums[r]);
            if (gl_LocalInvocationID.x == 0) {
                const float g = gatesFrom(tileRows[r])[tileRows[r] & 3u] - cutoff[0];
                y[part.outputFirst + tileRows[r]] = geluTanh(g) * up;
            }
        }
    }
}
