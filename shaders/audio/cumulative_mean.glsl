#ifndef SHADERS_AUDIO_CUMULATIVE_MEAN_GLSL
#define SHADERS_AUDIO_CUMULATIVE_MEAN_GLSL

#include "shaders/include/reduce.glsl"

// Elements of all frames up to this one.
float elementsUpTo(uint frame)
{
    return float(params.framesBefore + frame + 1) * float(params.width);
}

// Their sum, for every lane. The including shader has `params`, `carried` and `sums`, several of each
// frame of this call.
float sumUpTo(uint frame)
{
    const uint count = (frame + 1) * params.sumsPerFrame;
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < count; i += gl_WorkGroupSize.x)
        sum += sums[i];
    return carried[params.carriedSlot].sum + workgroupSum(sum);
}

#endif
