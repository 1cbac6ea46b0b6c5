#ifndef SHADERS_FUSED_CORRECT_ROW_GLSL
#define SHADERS_FUSED_CORRECT_ROW_GLSL

// How one row of the feed-forward network's product corrects AltUp's streams (spec 01 §2.5):
//
//     act  = h + rms_norm(product, norm)
//     x[i] = pred[i] + q[i] · (act - pred[active]),   scaled = x[active] ⊙ correct_output_scale
//
// with q from the modalities of act, as in altup_correct.comp. For the workgroup that has seen all of
// the product. The including shader has rows products (from params.productFirst), norm, residual,
// predictions, routerNorm, router, outputScale, streams and scaled, floats coefs[], and kInputs.

#include "shaders/fused/altup_router_row.glsl"

vec4 activated(uint unit, float scale)
{
    return residual(unit) + products(params.productFirst / 4 + unit) * scale * norm(unit);
}

void correctRow()
{
    const uint units = params.width / 4;
    const uint streamUnits = params.streamStride / 4;
    float squares = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        const vec4 product = products(params.productFirst / 4 + u);
        squares += dot(product, product);
    }
    const float scale =
        inversesqrt(workgroupSum(squares) / float(params.width) + params.epsilon);

    float routed = 0.0;
    float dots[kInputs];
    for (uint k = 0; k < kInputs; ++k)
        dots[k] = 0.0;
    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x)
        addToRouter(u, activated(u, scale), routed, dots);
    float modalities[kInputs];
    modalitiesOf(routed, dots, modalities);
    float gains[kInputs];
    for (uint i = 0; i < kInputs; ++i) {
        gains[i] = 1.0;
        for (uint m = 0; m < kInputs; ++m)
            gains[i] += coefs[i * kInputs + m] * modalities[m];
    }

    for (uint u = gl_LocalInvocationID.x; u < units; u += gl_WorkGroupSize.x) {
        const vec4 innovation =
            activated(u, scale) - predictions(params.activeIndex * streamUnits + u);
        for (uint i = 0; i < kInputs; ++i) {
            const vec4 corrected = predictions(i * streamUnits + u) + gains[i] * innovation;
            STORE_ROW(streams, i * streamUnits + u, corrected);
            if (i == params.activeIndex)
                STORE_ROW(scaled, u, corrected * outputScale(u));
        }
    }
}

#endif
