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
#include "shaders/include/rows.glsl"
#include "shaders/fused/linear_laurel_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { LinearLaurelParams params; };

ROW_SHARED(kLinearLaurelProducts, products)
ROW_INPUT(kLinearLaurelActive, activeRow)
ROW_SHARED(kLinearLaurelNormalized, normalized)
ROW_INPUT(kLinearLaurelAttentionNorm, attentionNorm)
ROW_INPUT(kLinearLaurelLowRankNorm, lowRankNorm)
ROW_INPUT(kLinearLaurelNextNorm, nextNorm)
ROW_SHARED(kLinearLaurelOutput, y)
layout(binding = kLinearLaurelArrivals) coherent buffer Arrivals { uint arrivals[]; };

#define WEIGHT_BINDING kLinearLaurelWeight
#define LINEAR_INPUT kLinearLaurelInput
#include "shaders/fused/part_product.glsl"
#include "shaders/fused/part_rows.glsl"
#include "shaders/include/arrivals.glsl"

const float kInverseRoot2 = 0.70710678118654752;

float scaleOf(float squares)
{
    return inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);
}

// Every lane keeps to its own columns, so that it reads only what it wrote itself.
void meetResidual()
{
    const uint units = params.width / 4;
    const uint attentionFirst = params.attentionFirst / 4;
    const uint lowRankFirst = params.lowRankFirst / 4;
    float attentionSquares = 0.0;
    float lowRankSquares = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        const vec4 attention = products(attentionFirst + u);
        const vec4 lowRank = products(lowRankFirst + u);
        attentionSquares += dot(attention, attention);
        lowRankSquares += dot(lowRank, lowRank);
    }
    const float attentionScale = scaleOf(attentionSquares);
    const float lowRankScale = scaleOf(lowRankSquares);

    float squares = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        const vec4 attended = products(attentionFirst + u) * attentionScale * attentionNorm(u);
        const vec4 laurel =
            normalized(u) + products(lowRankFirst + u) * lowRankScale * lowRankNorm(u);
        const vec4 sum =
            (activeRow(params.activeFirst / 4 + u) + attended + laurel) * kInverseRoot2;
        STORE_ROW(y, u, sum);
        squares += dot(sum, sum);
    }
    const float scale = scaleOf(squares);
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x)
        STORE_ROW(normalized, u, y(u) * scale * nextNorm(u));
}

void main()
{
    const uint group = groupIndex();
    if (group >= params.groups)
        return;
    // The parts take turns while both have groups: a CPU driver cuts the range of groups into as many
    // pieces as it has threads, and a group of one part is more work than one of the other.
    const uint seconds =
        (params.second.rows + params.secondGroupRows - 1) / params.secondGroupRows;
    const uint inTurn = 2 * min(params.groups - seconds, seconds);
    const bool isSecond = group < inTurn ? (group & 1u) != 0 : seconds > params.groups - seconds;
    LinearPart part = params.first;
    if (isSecond)
        part = params.second;
    computeRows(part, isSecond ? params.secondGroupRows : params.firstGroupRows,
                group < inTurn ? group / 2 : group - inTurn / 2);
    publishWrites();  // of every lane, where rows are short
    if (isLastGroup(0, params.groups))
        meetResidual();
}
