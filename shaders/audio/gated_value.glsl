#ifndef SHADERS_AUDIO_GATED_VALUE_GLSL
#define SHADERS_AUDIO_GATED_VALUE_GLSL

// A gated linear unit.
float gatedValue(float value, float gate)
{
    return value / (1.0 + exp(-gate));
}

#endif
