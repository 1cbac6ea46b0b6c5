#ifndef SHADERS_ATTENTION_CACHE_UNITS_GLSL
#define SHADERS_ATTENTION_CACHE_UNITS_GLSL

// Keys and values, read 16 bytes at a time: a unit is kParts vectors of 4. The including shader
// defines KEY_CACHE and VALUE_CACHE, the bindings' numbers, and reads with
//
//     LOAD_UNIT(keyCache, at, unit)      vec4 unit[kParts] is the unit `at` of the cache
//     WORD_OF_UNIT(keyCache, at)         its first 32 bits

#if defined(VARIANT_F16)

const uint kParts = 2;
#if defined(READ_TEXELS)
layout(binding = KEY_CACHE) uniform isamplerBuffer keyCache;
layout(binding = VALUE_CACHE) uniform isamplerBuffer valueCache;
#define FETCH_UNIT(cache, at) uvec4(texelFetch(cache, int(at)))
#else
layout(binding = KEY_CACHE) readonly buffer KeyCache { uvec4 keyCache[]; };
layout(binding = VALUE_CACHE) readonly buffer ValueCache { uvec4 valueCache[]; };
#define FETCH_UNIT(cache, at) cache[at]
#endif
#define LOAD_UNIT(cache, at, unit)                                                                 \
    {                                                                                              \
        const uvec4 words_ = FETCH_UNIT(cache, at);                                                \
        unit[0] = vec4(unpackHalf2x16(words_.x), unpackHalf2x16(words_.y));                        \
        unit[1] = vec4(unpackHalf2x16(words_.z), unpackHalf2x16(words_.w));                        \
    }
#define WORD_OF_UNIT(cache, at) FETCH_UNIT(cache, at).x

#else

const uint kParts = 1;
#if defined(READ_TEXELS)
layout(binding = KEY_CACHE) uniform samplerBuffer keyCache;
layout(binding = VALUE_CACHE) uniform samplerBuffer valueCache;
#define FETCH_UNIT(cache, at) texelFetch(cache, int(at))
#else
layout(binding = KEY_CACHE) readonly buffer KeyCache { vec4 keyCache[]; };
layout(binding = VALUE_CACHE) readonly buffer ValueCache { vec4 valueCache[]; };
#define FETCH_UNIT(cache, at) cache[at]
#endif
#define LOAD_UNIT(cache, at, unit) unit[0] = FETCH_UNIT(cache, at);
#define WORD_OF_UNIT(cache, at) floatBitsToUint(FETCH_UNIT(cache, at).x)

#endif

#endif
