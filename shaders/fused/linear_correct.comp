#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// The last product of the feed-forward network and AltUp's correction by it (spec 01 §2.5):
//
//     act  = h + rms_norm(Wd · gated, norm)
//     x[i] = pred[i] + q[i] · (act - pred[active]),   scaled = x[active] ⊙ correct_output_scale
//
// with q from the modalities of act, as in altup_correct.comp. One workgroup computes kRows outputs
// of the product; the one that comes last does the rest.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/linear_correct_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kLinearCorrectInputs) const uint kInputs = 4;

layout(push_constant) uniform Push { LinearCorrectParams params; };

layout(binding = kLinearCorrectProduct) coherent buffer Products { float product_[]; };
layout(binding = kLinearCorrectNorm) readonly buffer Norm { float norm[]; };
layout(binding = kLinearCorrectResidual) readonly buffer Residual { float residual[]; };
layout(binding = kLinearCorrectActivated) buffer Activated { float activated[]; };
layout(binding = kLinearCorrectPredictions) readonly buffer Predictions { float predictions[]; };
layout(binding = kLinearCorrectRouterNorm) readonly buffer RouterNorm { float routerNorm[]; };
layout(binding = kLinearCorrectRouter) readonly buffer Router { float router[]; };
layout(binding = kLinearCorrectCoefs) readonly buffer Coefs { float coefs[]; };
layout(binding = kLinearCorrectScale) readonly buffer Scale { float outputScale[]; };
layout(binding = kLinearCorrectStreams) writeonly buffer Streams { float streams[]; };
layout(binding = kLinearCorrectScaled) writeonly buffer Scaled { float scaled[]; };
layout(binding = kLinearCorrectArrivals) coherent buffer Arrivals { uint arrivals[]; };

#define WEIGHT_BINDING kLinearCorrectWeight
#define LINEAR_INPUT kLinearCorrectInput
#include "shaders/fused/part_product.glsl"
#include "shaders/include/arrivals.glsl"
#include "shaders/matformer/altup_correction.glsl"

// Every lane keeps to its own columns, so that it reads only what it wrote itself.
void activate()
{
    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float value = product_[params.productFirst + c];
        squares += value * value;
    }
    const float scale =
        inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        activated[c] = residual[c] + product_[params.productFirst + c] * scale * norm[c];
}

void main()
{
    const uint group = groupIndex();
    if (group >= params.groups)
        return;
    const uint firstRow = group * kRows;
    float sums[kSums];
    multiplyPart(params.part, firstRow, sums);
    if (gl_LocalInvocationID.x == 0) {
        [[unroll]] for (uint r = 0; r < kRows; ++r) {
            if (firstRow + r < params.part.rows)
                product_[params.part.outputFirst + firstRow + r] = sums[r];
        }
    }
    if (!isLastGroup(0, params.groups))
        return;
    activate();
    correctRow(0);
}
