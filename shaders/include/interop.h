#ifndef SHADERS_INCLUDE_INTEROP_H
#define SHADERS_INCLUDE_INTEROP_H

// Lets a parameter struct compile both as GLSL and as C++.
//
// Such structs hold 4-byte scalars only: then std430 and C++ agree on every offset and no padding
// needs to be reasoned about.

#ifdef __cplusplus
#include <cstdint>
#define SHADER_PARAMS_BEGIN    \
    namespace engine::shader { \
    using uint = std::uint32_t;
#define SHADER_PARAMS_END }
#else
#define SHADER_PARAMS_BEGIN
#define SHADER_PARAMS_END
#endif

#endif
