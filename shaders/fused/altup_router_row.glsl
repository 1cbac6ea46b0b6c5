#ifndef SHADERS_FUSED_ALTUP_ROUTER_ROW_GLSL
#define SHADERS_FUSED_ALTUP_ROUTER_ROW_GLSL

// The modalities of a row x, one for each stream (spec 01 §2.5), for shaders that make x as they go:
//
//     m[k] = tanh( R[k] · rms_norm(x, router_norm) / width )
//
// The including shader has rows routerNorm and router, and kInputs.

// What elements [4 · unit, 4 · unit + 4) of x add to this lane's share.
void addToRouter(uint unit, vec4 x, inout float squares, inout float dots[kInputs])
{
    squares += dot(x, x);
    const vec4 weighted = x * routerNorm(unit);
    for (uint k = 0; k < kInputs; ++k)
        dots[k] += dot(router(k * (params.width / 4) + unit), weighted);
}

void modalitiesOf(float squares, float dots[kInputs], out float modalities[kInputs])
{
    const float width = float(params.width);
    const float scale = inversesqrt(workgroupSum(squares) / width + params.epsilon) / width;
    for (uint k = 0; k < kInputs; ++k)
        modalities[k] = tanh(clamp(workgroupSum(dots[k]) * scale, -15.0, 15.0));
}

#endif
