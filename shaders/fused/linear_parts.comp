#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// Up to four products that do not need one another, in one dispatch:
//
//     y[p][o] = Σ_i W[p][o][i] · x[p][i]
//
// One workgroup computes kRows outputs of one part; the parts' workgroups follow one another. Sums
// are in fp32.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/linear_parts_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { LinearPartsParams params; };

layout(binding = kPartsOutput) writeonly buffer Output { float y[]; };

#define WEIGHT_BINDING kPartsWeight
#define LINEAR_INPUT kPartsInput
#include "shaders/fused/part_product.glsl"

void main()
{
    uint group = groupIndex();
    LinearPart part = params.first;
    if (group >= groupsOf(part)) {
        group -= groupsOf(part);
        part = params.second;
        if (group >= groupsOf(part)) {
            group -= groupsOf(part);
            part = params.third;
            if (group >= groupsOf(part)) {
                group -= groupsOf(part);
                part = params.fourth;
                if (group >= groupsOf(part))
                    return;
            }
        }
    }

    const uint firstRow = group * kRows;
    float sums[kSums];
    multiplyPart(part, firstRow, sums);
    float own[kOwn];
    sumForLanes(sums, own);
    [[unroll]] for (uint j = 0; j < kOwn; ++j) {
        const uint row = firstRow + ownIndex(j);
        if (ownIndex(j) < kRows && row < part.rows)
            y[part.outputFirst + row] = own[j];
    }
}
