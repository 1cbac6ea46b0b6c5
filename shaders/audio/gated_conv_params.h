#ifndef SHADERS_AUDIO_GATED_CONV_PARAMS_H
#define SHADERS_AUDIO_GATED_CONV_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of gated_conv.comp.
const uint kGatedConvInput = 0;
const uint kGatedConvKept = 1;
const uint kGatedConvWeight = 2;
const uint kGatedConvNorm = 3;
const uint kGatedConvOutput = 4;

// Specialization constants.
const uint kGatedConvTaps = 1;

struct GatedConvParams {
    uint firstFrame;   // of row 0 in the clip
    uint width;        // channels
    uint inputStride;  // rows of `width` values and as many gates
    uint keptStride;   // rows of gated values, frame p in row p mod (taps - 1)
    uint outputStride;
    float clip;
    float epsilon;
};

SHADER_PARAMS_END

#endif
