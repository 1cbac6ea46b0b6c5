#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Matrix product with weights of any type:
//
//     y[t][o] = Σ_i W[o][i] · x[t][i]
//
// One workgroup computes kRows outputs for kTokens rows of the input. Its lanes share the columns:
// each decodes a chunk of a weight row once and multiplies it with all kTokens inputs. Sums are in
// fp32. Where rows are short there are too few columns for that: then each lane has kRows rows of its
// own. Groups along x (and z, where x would not suffice) are outputs, along y input rows.

#include "shaders/include/reduce.glsl"
#include "shaders/linear/linear_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearRowsPerGroup) const uint kRows = 4;
layout(constant_id = kLinearTokensPerGroup) const uint kTokens = 1;
layout(constant_id = kLinearRowsAreShort) const uint kRowsAreShort = 0;

layout(push_constant) uniform Push { LinearParams params; };

layout(binding = kLinearOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kLinearWeight
#define LINEAR_INPUT kLinearInput
#include "shaders/linear/product.glsl"
#include "shaders/linear/lane_sums.glsl"

void main()
{
    const uint group = gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    const uint firstRow =
        kRowsAreShort != 0 ? (group * gl_WorkGroupSize.x + gl_LocalInvocationID.x) * kRows
                           : group * kRows;
    const uint firstToken = gl_WorkGroupID.y * kTokens;
    if (firstRow >= params.rows)
        return;

    float sums[kSums];
    const Product product = Product(params.columns, params.rows, params.rowUnits, params.rowChunks, 0,
                                    params.tokens, params.inputStride, params.inputFirst);
    if (kRowsAreShort != 0) {
        multiplyShare(product, 0, 1, firstRow, firstToken, sums);
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            if (firstRow + r < params.rows)
                y[params.outputFirst + firstRow + r] = sums[r];
        }
        return;
    }
    multiplyTile(product, firstRow, firstToken, sums);
    float own[kOwn];
    sumForLanes(sums, own);
    [[unroll]] for (uint j = 0; j < kOwn; ++j) {
        const uint row = firstRow + ownIndex(j) / kTokens;
        const uint token = firstToken + ownIndex(j) % kTokens;
        if (ownIndex(j) < kSums && row < params.rows && token < params.tokens)
            y[params.outputFirst + token * params.outputStride + row] = own[j];
    }
}
