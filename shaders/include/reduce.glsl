#ifndef SHADERS_INCLUDE_REDUCE_GLSL
#define SHADERS_INCLUDE_REDUCE_GLSL

#extension GL_KHR_shader_subgroup_arithmetic : require

#include "shaders/include/reduce_params.h"

// A CPU driver need not compile barriers then, which cost it more than the rest.
layout(constant_id = kReduceIsOneSubgroup) const uint kIsOneSubgroup = 0;

// One slot per subgroup: workgroups have at most 512 invocations and no driver we run on has
// subgroups of fewer than 4.
shared float reducePartials[128];

// Sum of `value` over the workgroup, returned to every invocation. Every invocation calls it; a
// workgroup of one subgroup needs no shared memory and no barrier.
float workgroupSum(float value)
{
    const float partial = subgroupAdd(value);
    if (kIsOneSubgroup != 0 || gl_NumSubgroups == 1)
        return partial;
    if (subgroupElect())
        reducePartials[gl_SubgroupID] = partial;
    barrier();

    float total = 0.0;
    for (uint i = 0; i < gl_NumSubgroups; ++i)
        total += reducePartials[i];
    barrier();
    return total;
}

// The same for the largest value.
float workgroupMax(float value)
{
    const float partial = subgroupMax(value);
    if (kIsOneSubgroup != 0 || gl_NumSubgroups == 1)
        return partial;
    if (subgroupElect())
        reducePartials[gl_SubgroupID] = partial;
    barrier();

    float total = reducePartials[0];
    for (uint i = 1; i < gl_NumSubgroups; ++i)
        total = max(total, reducePartials[i]);
    barrier();
    return total;
}

#endif
