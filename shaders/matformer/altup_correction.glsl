#ifndef SHADERS_MATFORMER_ALTUP_CORRECTION_GLSL
#define SHADERS_MATFORMER_ALTUP_CORRECTION_GLSL

// One row of altup_correct.comp, whose first element is `row`. The including shader binds what that
// one binds, under the same names; reduce.glsl is included before.

#include "shaders/matformer/altup_router.glsl"

void correctRow(uint row)
{
    const uint active_ = params.activeIndex * params.streamStride + row;

    float modalities[kInputs];
#define ROW(c) activated[row + (c)]
    ALTUP_MODALITIES(modalities)
#undef ROW

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

#endif
