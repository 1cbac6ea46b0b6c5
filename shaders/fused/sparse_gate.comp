#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// The gate of a feed-forward network, and what its neurons are cut at (spec 01 §2.8):
//
//     g[o]   = Σ_i G[o][i] · x[i]
//     cutoff = mean(g) + multiplier · std(g)
//
// with the population's std. One workgroup computes kRows outputs, their mean and the sum of squares
// of what they differ from it by; the one that comes last joins those to the same of all, which is as
// exact as two passes over all outputs, and reads less.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/sparse_gate_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { SparseGateParams params; };

layout(binding = kSparseGateOutput) writeonly buffer Output { float y[]; };
layout(binding = kSparseGateMoments) coherent buffer Moments { vec4 moments[]; };  // of two groups
layout(binding = kSparseGateCutoff) writeonly buffer Cutoff { float cutoff[]; };
layout(binding = kSparseGateArrivals) coherent buffer Arrivals { uint arrivals[]; };

#define WEIGHT_BINDING kSparseGateWeight
#define LINEAR_INPUT kSparseGateInput
#include "shaders/fused/part_product.glsl"
#include "shaders/include/arrivals.glsl"

// Outputs of a group: none behind the last group.
uint outputsOf(uint group)
{
    return min(kRows, params.part.rows - min(group * kRows, params.part.rows));
}

void writeMoments(uint group, float sums[kSums])
{
    const uint count = outputsOf(group);
    float sum = 0.0;
    [[unroll]] for (uint r = 0; r < kRows; ++r)
        sum += r < count ? sums[r] : 0.0;
    const float mean = sum / float(count);
    float squares = 0.0;
    [[unroll]] for (uint r = 0; r < kRows; ++r) {
        const float difference = r < count ? sums[r] - mean : 0.0;
        squares += difference * difference;
    }
    moments[group / 2][2 * (group & 1u)] = mean;
    moments[group / 2][2 * (group & 1u) + 1] = squares;
}

float cutoffOfAll()
{
    const float rows = float(params.part.rows);
    const uint pairs = (params.groups + 1) / 2;
    float sum = 0.0;
    for (uint pair = gl_LocalInvocationID.x; pair < pairs; pair += gl_WorkGroupSize.x) {
        const vec4 both = moments[pair];
        sum += float(outputsOf(2 * pair)) * both.x;
        sum += float(outputsOf(2 * pair + 1)) * both.z;
    }
    const float mean = workgroupSum(sum) / rows;

    float squares = 0.0;
    for (uint pair = gl_LocalInvocationID.x; pair < pairs; pair += gl_WorkGroupSize.x) {
        const vec4 both = moments[pair];
        const vec2 difference = both.xz - mean;
        const vec2 counts = vec2(outputsOf(2 * pair), outputsOf(2 * pair + 1));
        const vec2 added = counts * difference * difference;
        squares += both.y + added.x;
        squares += counts.y > 0.0 ? both.w + added.y : 0.0;
    }
    return mean + params.multiplier * sqrt(workgroupSum(squares) / rows);
}

void main()
{
    const uint group = groupIndex();
    if (group >= params.groups)
        return;
    const uint firstRow = group * kRows;
    float sums[kSums];
    multiplyPart(params.part, firstRow, sums);
    sumForAll(sums);
    if (gl_LocalInvocationID.x == 0) {
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            if (firstRow + r < params.part.rows)
                y[params.part.outputFirst + firstRow + r] = sums[r];
        }
        writeMoments(group, sums);
    }
    if (!isLastGroup(0, params.groups))
        return;
    const float all = cutoffOfAll();
    if (gl_LocalInvocationID.x == 0)
        cutoff[0] = all;
}
