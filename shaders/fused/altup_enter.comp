#version 450
#extension GL_GOOGLE_include_directive : require

// How a layer begins for one row (spec 01 §2.5): what the layer before has left to add, AltUp's
// prediction of every stream, and the normalised active one:
//
//     x[i] += rms_norm(z, injected_norm),   i ≥ 1                 with kInjects; not written back
//     C[i][k] = Σ_m P[n·i + k][m] · m[m],   pred[i] = x[i] + Σ_k C[i][k] · x[k]
//     n = rms_norm(pred[active], input_norm)
//
// with the modalities m of the active stream. One workgroup, whose lanes keep to their own columns.

#include "shaders/include/reduce.glsl"
#include "shaders/include/rows.glsl"
#include "shaders/fused/altup_enter_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kEnterInputs) const uint kInputs = 4;
layout(constant_id = kEnterInjects) const uint kInjects = 1;

layout(push_constant) uniform Push { AltupEnterParams params; };

ROW_INPUT(kEnterInjected, injected)
ROW_INPUT(kEnterInjectedNorm, injectedNorm)
ROW_INPUT(kEnterStreams, streams)
ROW_INPUT(kEnterRouterNorm, routerNorm)
ROW_INPUT(kEnterRouter, router)
layout(binding = kEnterCoefs) readonly buffer Coefs { float coefs[]; };
ROW_SHARED(kEnterPredictions, predictions)
ROW_INPUT(kEnterInputNorm, inputNorm)
ROW_OUTPUT(kEnterNormalized, normalized)

#include "shaders/fused/altup_router_row.glsl"

float scaleOf(float squares)
{
    return inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);
}

void main()
{
    const uint units = params.width / 4;
    const uint streamUnits = params.streamStride / 4;

    float injectedScale = 0.0;
    if (kInjects != 0) {
        float squares = 0.0;
        for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
            const vec4 z = injected(u);
            squares += dot(z, z);
        }
        injectedScale = scaleOf(squares);
    }

    float routed = 0.0;
    float dots[kInputs];
    for (uint k = 0; k < kInputs; ++k)
        dots[k] = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        vec4 x = streams(params.activeIndex * streamUnits + u);
        if (kInjects != 0)
            x += (params.activeIndex == 0 ? 0.0 : injectedScale) * injected(u) * injectedNorm(u);
        addToRouter(u, x, routed, dots);
    }
    float modalities[kInputs];
    modalitiesOf(routed, dots, modalities);
    float mix_[kInputs * kInputs];
    for (uint i = 0; i < kInputs * kInputs; ++i) {
        mix_[i] = 0.0;
        for (uint m = 0; m < kInputs; ++m)
            mix_[i] += coefs[i * kInputs + m] * modalities[m];
    }

    float squares = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        vec4 values[kInputs];
        for (uint k = 0; k < kInputs; ++k)
            values[k] = streams(k * streamUnits + u);
        if (kInjects != 0) {
            const vec4 added = injectedScale * injected(u) * injectedNorm(u);
            for (uint k = 1; k < kInputs; ++k)
                values[k] += added;
        }
        for (uint i = 0; i < kInputs; ++i) {
            vec4 sum = values[i];
            for (uint k = 0; k < kInputs; ++k)
                sum += mix_[i * kInputs + k] * values[k];
            STORE_ROW(predictions, i * streamUnits + u, sum);
            if (i == params.activeIndex)
                squares += dot(sum, sum);
        }
    }
    const float scale = scaleOf(squares);
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x)
        STORE_ROW(normalized, u,
                  scale * predictions(params.activeIndex * streamUnits + u) * inputNorm(u));
}
