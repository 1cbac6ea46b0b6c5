#version 450
#extension GL_GOOGLE_include_directive : require

// Bounds logits, in place (spec 01 §2.9):
//
//     l = cap · tanh(l / cap)
//
// Rows are along y. The argument of tanh is clamped, as in activations.glsl; NaN stays NaN.

#include "shaders/sampling/softcap_params.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push { SoftcapParams params; };

layout(binding = kSoftcapLogits) buffer Logits { float logits[]; };

void main()
{
    const uint first = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
    for (uint i = first; i < params.width; i += gl_NumWorkGroups.x * gl_WorkGroupSize.x) {
        const uint at = gl_WorkGroupID.y * params.stride + i;
        const float logit = logits[at];
        if ((floatBitsToUint(logit) & 0x7FFFFFFFu) <= 0x7F800000u)
            logits[at] = params.cap * tanh(clamp(logit / params.cap, -15.0, 15.0));
    }
}
