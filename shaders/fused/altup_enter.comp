#version 450
#extension GL_GOOGLE_include_directive : require

// How a layer begins for one row (spec 01 §2.5): what the layer before has left to add, AltUp's
// prediction of every stream, and the normalised active one:
//
//     x[i] += rms_norm(z, injected_norm),   i ≥ 1                 with kInjects
//     C[i][k] = Σ_m P[n·i + k][m] · m[m],   pred[i] = x[i] + Σ_k C[i][k] · x[k]
//     n = rms_norm(pred[active], input_norm)
//
// with the modalities m of the active stream. One workgroup, whose lanes keep to their own columns.

#include "shaders/include/reduce.glsl"
#include "shaders/fused/altup_enter_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kEnterInputs) const uint kInputs = 4;
layout(constant_id = kEnterInjects) const uint kInjects = 1;

layout(push_constant) uniform Push { AltupEnterParams params; };

layout(binding = kEnterInjected) readonly buffer Injected { float z[]; };
layout(binding = kEnterInjectedNorm) readonly buffer InjectedNorm { float injectedNorm[]; };
layout(binding = kEnterStreams) buffer Streams { float streams[]; };
layout(binding = kEnterRouterNorm) readonly buffer RouterNorm { float routerNorm[]; };
layout(binding = kEnterRouter) readonly buffer Router { float router[]; };
layout(binding = kEnterCoefs) readonly buffer Coefs { float coefs[]; };
layout(binding = kEnterPredictions) buffer Predictions { float predictions[]; };
layout(binding = kEnterInputNorm) readonly buffer InputNorm { float inputNorm[]; };
layout(binding = kEnterNormalized) writeonly buffer Normalized { float normalized[]; };

#include "shaders/matformer/altup_router.glsl"

float scaleOf(float squares)
{
    return inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);
}

void inject()
{
    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        squares += z[c] * z[c];
    const float scale = scaleOf(squares);
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float value = z[c] * scale * injectedNorm[c];
        for (uint i = 1; i < kInputs; ++i)
            streams[i * params.streamStride + c] += value;
    }
}

void main()
{
    if (kInjects != 0)
        inject();

    const uint active_ = params.activeIndex * params.streamStride;
    float modalities[kInputs];
#define ROW(c) streams[active_ + (c)]
    ALTUP_MODALITIES(modalities)

    float mix_[kInputs * kInputs];
    for (uint i = 0; i < kInputs * kInputs; ++i) {
        mix_[i] = 0.0;
        for (uint m = 0; m < kInputs; ++m)
            mix_[i] += coefs[i * kInputs + m] * modalities[m];
    }

    float squares = 0.0;
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        float values[kInputs];
        for (uint k = 0; k < kInputs; ++k)
            values[k] = streams[k * params.streamStride + c];
        for (uint i = 0; i < kInputs; ++i) {
            float sum = values[i];
            for (uint k = 0; k < kInputs; ++k)
                sum += mix_[i * kInputs + k] * values[k];
            predictions[i * params.streamStride + c] = sum;
            if (i == params.activeIndex)
                squares += sum * sum;
        }
    }
    const float scale = scaleOf(squares);
    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x)
        normalized[c] = predictions[active_ + c] * scale * inputNorm[c];
}
