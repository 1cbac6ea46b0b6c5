#version 450
#extension GL_GOOGLE_include_directive : require

// AltUp's correction of every stream by what the active one became (spec 01 §2.5):
//
//     q = Wc · m + 1,   x[i] = pred[i] + q[i] · (act - pred[active])
//     scaled = x[active] ⊙ correct_output_scale
//
// with the modalities m of act. One workgroup per row.

#include "shaders/include/reduce.glsl"
#include "shaders/matformer/altup_params.h"

layout(local_size_x_id = 0) in;
layout(constant_id = kAltupInputs) const uint kInputs = 4;

layout(push_constant) uniform Push { AltupParams params; };

layout(binding = kCorrectPredictions) readonly buffer Predictions { float predictions[]; };
layout(binding = kCorrectActivated) readonly buffer Activated { float activated[]; };
layout(binding = kCorrectRouterNorm) readonly buffer RouterNorm { float routerNorm[]; };
layout(binding = kCorrectRouter) readonly buffer Router { float router[]; };
layout(binding = kCorrectCoefs) readonly buffer Coefs { float coefs[]; };
layout(binding = kCorrectScale) readonly buffer Scale { float outputScale[]; };
layout(binding = kCorrectStreams) writeonly buffer Streams { float streams[]; };
layout(binding = kCorrectScaled) writeonly buffer Scaled { float scaled[]; };

#include "shaders/matformer/altup_router.glsl"

void main()
{
    const uint row = gl_WorkGroupID.x * params.stride;
    const uint active_ = params.activeIndex * params.streamStride + row;

    float modalities[kInputs];
#define ROW(c) activated[row + (c)]
    ALTUP_MODALITIES(modalities)

    float gains[kInputs];
    for (uint i = 0; i < kInputs; ++i) {
        gains[i] = 1.0;
        for (uint m = 0; m < kInputs; ++m)
            gains[i] += coefs[i * kInputs + m] * modalities[m];
    }

    for (uint c = gl_LocalInvocationID.x; c < params.width; c += gl_WorkGroupSize.x) {
        const float innovation = activated[row + c] - predictions[active_ + c];
        for (uint i = 0; i < kInputs; ++i) {
            const uint at = i * params.streamStride + row + c;
            const float corrected = predictions[at] + gains[i] * innovation;
            streams[at] = corrected;
            if (i == params.activeIndex)
                scaled[row + c] = corrected * outputScale[c];
        }
    }
}
