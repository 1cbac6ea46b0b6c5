#version 450
#extension GL_GOOGLE_include_directive : require

// A residual and a layer's output, scaled by channel:
//
//     y[p][c] = residual[p][c] + scale[c] · x[p][c]
//
// One workgroup per pixel, along x and then z; lanes are vectors of four channels. Output may be
// the residual.

#include "shaders/vision/scale_add_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { ScaleAddParams params; };

#if defined(READ_TEXELS)
layout(binding = kScaleAddResidual) uniform samplerBuffer residual;
layout(binding = kScaleAddInput) uniform samplerBuffer x;
layout(binding = kScaleAddScale) uniform samplerBuffer scale;
#define RESIDUAL(i) texelFetch(residual, int(i))
#define INPUT(i) texelFetch(x, int(i))
#define SCALE(i) texelFetch(scale, int(i))
#else
layout(binding = kScaleAddResidual) readonly buffer Residual { vec4 residual[]; };
layout(binding = kScaleAddInput) readonly buffer Input { vec4 x[]; };
layout(binding = kScaleAddScale) readonly buffer Scale { vec4 scale[]; };
#define RESIDUAL(i) residual[i]
#define INPUT(i) x[i]
#define SCALE(i) scale[i]
#endif
layout(binding = kScaleAddOutput) writeonly buffer Output { float y[]; };

void main()
{
    const uint pixel = gl_WorkGroupID.z * params.groupsX + gl_WorkGroupID.x;
    if (pixel >= params.pixels)
        return;
    const uint first = pixel * params.vectors;
    for (uint v = gl_LocalInvocationID.x; v < params.vectors; v += gl_WorkGroupSize.x) {
        const vec4 sum = RESIDUAL(first + v) + SCALE(v) * INPUT(first + v);
        for (uint c = 0; c < 4; ++c)
            y[4 * (first + v) + c] = sum[c];
    }
}
