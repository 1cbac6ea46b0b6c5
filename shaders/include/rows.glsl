#ifndef SHADERS_INCLUDE_ROWS_GLSL
#define SHADERS_INCLUDE_ROWS_GLSL

// Rows of floats, four at a time: they begin at whole fours, and are as long.
//
//     ROW_INPUT(binding, name)     what the dispatch does not write: name(i) is four elements
//     ROW_OUTPUT(binding, name)    what it only writes: STORE_ROW(name, i, value)
//     ROW_SHARED(binding, name)    what it writes, and other workgroups of it read: name(i), STORE_ROW
//
// With READ_TEXELS they are texels, which a CPU driver moves for many lanes at a time where it takes
// buffers element by element.

#if defined(READ_TEXELS)
#define ROW_INPUT(NUMBER, NAME)                                                                    \
    layout(binding = NUMBER) uniform samplerBuffer NAME##Texels;                                   \
    vec4 NAME(uint i) { return texelFetch(NAME##Texels, int(i)); }
#define ROW_OUTPUT(NUMBER, NAME)                                                                   \
    layout(binding = NUMBER, rgba32f) writeonly uniform imageBuffer NAME##Texels;
#define ROW_SHARED(NUMBER, NAME)                                                                   \
    layout(binding = NUMBER, rgba32f) coherent uniform imageBuffer NAME##Texels;                   \
    vec4 NAME(uint i) { return imageLoad(NAME##Texels, int(i)); }
#define STORE_ROW(NAME, i, value) imageStore(NAME##Texels, int(i), value)
#else
#define ROW_INPUT(NUMBER, NAME)                                                                    \
    layout(binding = NUMBER) readonly buffer NAME##Buffer { vec4 NAME##Units[]; };                 \
    vec4 NAME(uint i) { return NAME##Units[i]; }
#define ROW_OUTPUT(NUMBER, NAME)                                                                   \
    layout(binding = NUMBER) writeonly buffer NAME##Buffer { vec4 NAME##Units[]; };
#define ROW_SHARED(NUMBER, NAME)                                                                   \
    layout(binding = NUMBER) coherent buffer NAME##Buffer { vec4 NAME##Units[]; };                 \
    vec4 NAME(uint i) { return NAME##Units[i]; }
#define STORE_ROW(NAME, i, value) NAME##Units[i] = value
#endif

#endif
