#ifndef SHADERS_INCLUDE_ACTIVATIONS_GLSL
#define SHADERS_INCLUDE_ACTIVATIONS_GLSL

// GELU in its tanh form (spec 01 §2.1). The argument of tanh is clamped: beyond ±15 it is ±1 in
// float32, and some drivers compute tanh through exp, which overflows.
float geluTanh(float x)
{
    const float inner = 0.7978845608028654 * (x + 0.044715 * x * x * x);
    return 0.5 * x * (1.0 + tanh(clamp(inner, -15.0, 15.0)));
}

#endif
