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

    float gates[kSums];
    multiplyPart(params.gate, firstRow, gates);
    float ups[kSums];
    if (kMultipliesUp != 0)
        multiplyPart(params.up, firstRow, ups);

    if (gl_LocalInvocationID.x != 0)
        return;
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
        const uint row = firstRow + r;
        if (row < params.gate.rows)
            y[params.gate.outputFirst + row] =
                geluTanh(gates[r]) *
                (kMultipliesUp != 0 ? ups[r] : factor[params.factorFirst + row]);
    }
}
