#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Matrix product with weights of any type:
//
//     y[t][o] = Σ_i W[o][i] · x[t][i]
//
// One workgroup computes kRows outputs for kTokens rows of the input. Its lanes share the columns:
// each decodes a chunk of a weight row once and multiplies it with all kTokens inputs. Sums are in
// fp32. Groups along x (and z, where x would not suffice) are outputs, along y input rows.

#include "shaders/include/reduce.glsl"
#include "shaders/linear/linear_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearRowsPerGroup) const uint kRows = 4;
layout(constant_id = kLinearTokensPerGroup) const uint kTokens = 1;

layout(push_constant) uniform Push { LinearParams params; };

layout(binding = kLinearOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kLinearWeight
#define LINEAR_INPUT kLinearInput
#include "shaders/linear/product.glsl"

void main()
{
    const uint firstRow = (gl_WorkGroupID.z * gl_NumWorkGroups.x + gl_WorkGroupID.x) * kRows;
    const uint firstToken = gl_WorkGroupID.y * kTokens;
    if (firstRow >= params.rows)
        return;

    float sums[kSums];
    multiplyTile(Product(params.columns, params.rows, params.rowUnits, params.rowChunks, 0,
                         params.tokens, params.inputStride, params.inputFirst),
                 firstRow, firstToken, sums);
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
        [[unroll]] for (uint t = 0; t < kTokens; ++t) {
            const float sum = workgroupSum(sums[r * kTokens + t]);
            if (gl_LocalInvocationID.x == 0 && firstRow + r < params.rows &&
                firstToken + t < params.tokens)
                y[params.outputFirst + (firstToken + t) * params.outputStride + firstRow + r] = sum;
        }
    }
}
