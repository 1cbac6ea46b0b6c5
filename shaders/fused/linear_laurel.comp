#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// The last products of attention and of LAuReL, and where they meet the residual (spec 01 §2.5):
//
//     att = rms_norm(Wo · attended, attention_norm)
//     lau = n + rms_norm(Lr · low_rank, low_rank_norm)
//     h   = (a + att + lau) / √2,   n = rms_norm(h, next_norm)
//
// a is the active AltUp prediction, n its normalised form and then that of h. One workgroup computes
// kRows outputs of a product; the one that comes last does the rest. A product that is not among the
// parts was computed before.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/linear_laurel_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { LinearLaurelParams params; };

layout(binding = kLinearLaurelProducts) coherent buffer Products { float products[]; };
layout(binding = kLinearLaurelActive) readonly buffer Active { float active_[]; };
layout(binding = kLinearLaurelNormalized) buffer Normalized { float normalized[]; };
layout(binding = kLinearLaurelAttentionNorm) readonly buffer AttentionNorm { float attentionNorm[]; };
layout(binding = kLinearLaurelLowRankNorm) readonly buffer LowRankNorm { float lowRankNorm[]; };
layout(binding = kLinearLaurelNextNorm) readonly buffer NextNorm { float nextNorm[]; };
layout(binding = kLinearLaurelOutput) buffer Output { float y[]; };
layout(binding = kLinearLaurelArrivals) coherent buffer Arrivals { uint arrivals[]; };

#define WEIGHT_BINDING kLinearLaurelWeight
#define LINEAR_INPUT kLinearLaurelInput
#include "shaders/fused/part_product.glsl"
#include "shaders/include/arrivals.glsl"

const float kInverseRoot2 = 0.70710678118654752;

float scaleOf(float squares)
{
    return inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);
}

// Every lane keeps to its own columns, so that it reads only what it wrote itself.
void meetResidual()
{
    float attentionSquares = 0.0;
    float lowRankSquares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float attention = products[params.attentionFirst + c];
        const float lowRank = products[params.lowRankFirst + c];
        attentionSquares += attention * attention;
        lowRankSquares += lowRank * lowRank;
    }
    const float attentionScale = scaleOf(attentionSquares);
    const float lowRankScale = scaleOf(lowRankSquares);

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float attended = products[params.attentionFirst + c] * attentionScale * attentionNorm[c];
        const float laurel =
            normalized[c] + products[params.lowRankFirst + c] * lowRankScale * lowRankNorm[c];
        const float sum = (active_[params.activeFirst + c] + attended + laurel) * kInverseRoot2;
        y[c] = sum;
        squares += sum * sum;
    }
    const float scale = scaleOf(squares);
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        normalized[c] = y[c] * scale * nextNorm[c];
}

void main()
{
    uint group = groupIndex();
    if (group >= params.groups)
        return;
    LinearPart part = params.first;
    if (group >= groupsOf(part)) {
        group -= groupsOf(part);
        part = params.second;
    }
    const uint firstRow = group * kRows;
    float sums[kSums];
    multiplyPart(part, firstRow, sums);
    if (gl_LocalInvocationID.x == 0) {
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            if (firstRow + r < part.rows)
                products[part.outputFirst + firstRow + r] = sums[r];
        }
    }
    if (isLastGroup(0, params.groups))
        meetResidual();
}
