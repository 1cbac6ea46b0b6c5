#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// A gate and what it lets through (spec 01 §2.5, §2.8):
//
//     y[o] = gelu(Σ_i G[o][i] · x[i]) · Σ_i U[o][i] · x[i]      the feed-forward network
//     y[o] = gelu(Σ_i G[o][i] · x[i]) · v[o]                    the per-layer input
//
// One workgroup computes kRows outputs. Sums are in fp32.

#include "shaders/include/activations.glsl"
#include "shaders/include/reduce.glsl"
#include "shaders/fused/linear_gated_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kGatedMultipliesUp) const uint kMultipliesUp = 1;

layout(push_constant) uniform Push { LinearGatedParams params; };

layout(binding = kGatedFactor) readonly buffer Factor { float factor[]; };
layout(binding = kGatedOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kGatedWeight
#define LINEAR_INPUT kGatedInput
#include "shaders/fused/part_product.glsl"

void main()
{
    const uint firstRow = groupIndex() * kRows;
    if (firstRow >= params.gate.rows)
        return;

    float sums[kSums];
    multiplyPart(params.gate, firstRow, sums);
    float gates[kOwn];
    sumForLanes(sums, gates);
    float ups[kOwn];
    if (kMultipliesUp != 0) {
        multiplyPart(params.up, firstRow, sums);
        sumForLanes(sums, ups);
    }

    [[unroll]] for (uint j = 0; j < kOwn; ++j) {
        const uint row = firstRow + ownIndex(j);
        if (ownIndex(j) < kRows && row < params.gate.rows)
            y[params.gate.outputFirst + row] =
                geluTanh(gates[j]) *
                (kMultipliesUp != 0 ? ups[j] : factor[params.factorFirst + row]);
    }
}
