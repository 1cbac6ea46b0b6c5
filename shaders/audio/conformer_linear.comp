#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// A matrix product of the conformer and all that follows it before the next one (spec 03 §4):
//
//     f = W · x                                     or, with kStepSilu, f = silu(W · x) and no more
//     v = weight · rmsNorm(clip(f)) · postNorm      with kStepPostNorm, otherwise v = f
//     r = r + v                                     with kStepResidual, otherwise r = v
//     r = rmsNorm(clip(r)) · finalNorm              with kStepFinalNorm
//     n = rmsNorm(nextClip(r)) · nextNorm           with kStepNextNorm
//
// The product is divided as in linear.comp. What follows needs whole rows: the workgroup that comes
// last of those that share a tile of tokens does it, once all have counted themselves in.

#include "shaders/include/reduce.glsl"
#include "shaders/audio/conformer_linear_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kConformerLinearRowsPerGroup) const uint kRows = 4;
layout(constant_id = kConformerLinearTokensPerGroup) const uint kTokens = 1;
layout(constant_id = kConformerLinearSteps) const uint kSteps = kStepSilu;

layout(push_constant) uniform Push { ConformerLinearParams params; };

layout(binding = kConformerLinearOutput) coherent buffer Output { float f[]; };
layout(binding = kConformerLinearResidual) buffer Residual { float residual[]; };
layout(binding = kConformerLinearPostNorm) readonly buffer PostNorm { float postNorm[]; };
layout(binding = kConformerLinearFinalNorm) readonly buffer FinalNorm { float finalNorm[]; };
layout(binding = kConformerLinearNextNorm) readonly buffer NextNorm { float nextNorm[]; };
layout(binding = kConformerLinearNormalized) writeonly buffer Normalized { float normalized[]; };
layout(binding = kConformerLinearArrivals) coherent buffer Arrivals { uint arrivals[]; };

#include "shaders/include/arrivals.glsl"

#define WEIGHT_BINDING kConformerLinearWeight
#define LINEAR_INPUT kConformerLinearInput
#include "shaders/linear/product.glsl"
#include "shaders/linear/lane_sums.glsl"

bool has(uint step) { return (kSteps & step) != 0; }

float silu(float value) { return value / (1.0 + exp(-value)); }

float clipped(float value, float limit) { return clamp(value, -limit, limit); }

float scaleOf(float squares)
{
    return inversesqrt(workgroupSum(squares) / float(params.rows) + params.epsilon);
}

// Every lane keeps to its own columns, so that it reads only what it wrote itself.
void finishRow(uint token)
{
    const uint from = token * params.outputStride;
    const uint to = token * params.residualStride;

    float postScale = 1.0;
    if (has(kStepPostNorm)) {
        float squares = 0.0;
        for (uint c = gl_LocalInvocationID.x; c < params.rows; c += gl_WorkGroupSize.x) {
            const float value = clipped(f[from + c], params.clip);
            squares += value * value;
        }
        postScale = scaleOf(squares) * params.residualWeight;
    }

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.rows; c += gl_WorkGroupSize.x) {
        float value = f[from + c];
        if (has(kStepPostNorm))
            value = clipped(value, params.clip) * postScale * postNorm[c];
        if (has(kStepResidual))
            value += residual[to + c];
        residual[to + c] = value;
        value = clipped(value, has(kStepFinalNorm) ? params.clip : params.nextClip);
        squares += value * value;
    }

    if (has(kStepFinalNorm)) {
        const float scale = scaleOf(squares);
        squares = 0.0;
        for (uint c = gl_LocalInvocationID.x; c < params.rows; c += gl_WorkGroupSize.x) {
            float value = clipped(residual[to + c], params.clip) * scale * finalNorm[c];
            residual[to + c] = value;
            value = clipped(value, params.nextClip);
            squares += value * value;
        }
    }

    if (has(kStepNextNorm)) {
        const float scale = scaleOf(squares);
        const uint next = token * params.normalizedStride;
        for (uint c = gl_LocalInvocationID.x; c < params.rows; c += gl_WorkGroupSize.x)
            normalized[next + c] = clipped(residual[to + c], params.nextClip) * scale * nextNorm[c];
    }
}

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
    float own[kOwn];
    sumForLanes(sums, own);
    [[unroll]] for (uint j = 0; j < kOwn; ++j) {
        const uint row = firstRow + ownIndex(j) / kTokens;
        const uint token = firstToken + ownIndex(j) % kTokens;
        if (ownIndex(j) < kSums && row < params.rows && token < params.tokens)
            f[token * params.outputStride + row] = has(kStepSilu) ? silu(own[j]) : own[j];
    }
    if (has(kStepSilu))
        return;

    publishWrites();
    if (!isLastGroup(gl_WorkGroupID.y, params.groups))
        return;
    for (uint t = 0; t < kTokens && firstToken + t < params.tokens; ++t)
        finishRow(firstToken + t);
}
