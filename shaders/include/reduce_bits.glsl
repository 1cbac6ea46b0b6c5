#ifndef SHADERS_INCLUDE_REDUCE_BITS_GLSL
#define SHADERS_INCLUDE_REDUCE_BITS_GLSL

// reduce.glsl for bits; it is included before.

shared uint reduceBits[128];

// The bits that any invocation has, returned to every one. Every invocation calls it.
uint workgroupOr(uint bits)
{
    const uint partial = subgroupOr(bits);
    if (kIsOneSubgroup != 0 || gl_NumSubgroups == 1)
        return partial;
    if (subgroupElect())
        reduceBits[gl_SubgroupID] = partial;
    barrier();

    uint all = 0;
    for (uint i = 0; i < gl_NumSubgroups; ++i)
        all |= reduceBits[i];
    barrier();
    return all;
}

#endif
