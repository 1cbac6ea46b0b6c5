#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// The last product of the feed-forward network, and AltUp's correction by it: correct_row.glsl. One
// workgroup computes kRows outputs of the product; the one that comes last does the rest.

#include "shaders/include/reduce.glsl"
#include "shaders/include/rows.glsl"
#include "shaders/fused/linear_correct_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearCorrectInputs) const uint kInputs = 4;

layout(push_constant) uniform Push { LinearCorrectParams params; };

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

#define WEIGHT_BINDING kLinearCorrectWeight
#define LINEAR_INPUT kLinearCorrectInput
#include "shaders/fused/part_product.glsl"
#include "shaders/fused/part_rows.glsl"
#include "shaders/include/arrivals.glsl"
#include "shaders/fused/correct_row.glsl"

void main()
{
    const uint group = groupIndex();
    if (group >= params.groups)
        return;
    computeRows(params.part, kRows, group);
    if (isLastGroup(0, params.groups))
        correctRow();
}
