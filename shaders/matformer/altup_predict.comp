#version 450
#extension GL_GOOGLE_include_directive : require

// AltUp's prediction of every stream from all of them (spec 01 §2.5):
//
//     C[i][k] = Σ_m P[n·i + k][m] · m[m],   pred[i] = x[i] + Σ_k C[i][k] · x[k]
//
// with the modalities m of the active stream. One workgroup per row.

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/altup_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kAltupInputs) const uint kInputs = 4;

layout(push_constant) uniform Push { AltupParams params; };

layout(binding = kPredictStreams) readonly buffer Streams { float streams[]; };
layout(binding = kPredictRouterNorm) readonly buffer RouterNorm { float routerNorm[]; };
layout(binding = kPredictRouter) readonly buffer Router { float router[]; };
layout(binding = kPredictCoefs) readonly buffer Coefs { float coefs[]; };
layout(binding = kPredictOutput) writeonly buffer Output { float predictions[]; };

#include "shaders/matformer/altup_router.glsl"

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;
    const uint active_ = params.activeIndex * params.streamStride + row;

    float modalities[kInputs];
#define ROW(c) streams[active_ + (c)]
    ALTUP_MODALITIES(modalities)

    float mix_[kInputs * kInputs];
    for (uint i = 0; i < kInputs * kInputs; ++i) {
        mix_[i] = 0.0;
        for (uint m = 0; m < kInputs; ++m)
            mix_[i] += coefs[i * kInputs + m] * modalities[m];
    }

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        float values[kInputs];
        for (uint k = 0; k < kInputs; ++k)
            values[k] = streams[k * params.streamStride + row + c];
        for (uint i = 0; i < kInputs; ++i) {
            float sum = values[i];
            for (uint k = 0; k < kInputs; ++k)
                sum += mix_[i * kInputs + k] * values[k];
            predictions[i * params.streamStride + row + c] = sum;
        }
    }
}
