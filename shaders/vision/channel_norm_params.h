#ifndef SHADERS_VISION_CHANNEL_NORM_PARAMS_H
#define SHADERS_VISION_CHANNEL_NORM_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of channel_norm.comp.
const uint kChannelNormInput = 0;
const uint kChannelNormWeight = 1;
const uint kChannelNormResidual = 2;
const uint kChannelNormOutput = 3;

// Specialization constants; 0 is the workgroup size in every shader.
const uint kChannelNormEpilogue = 1;

// What is done with the normalised channels.
const uint kEpilogueNone = 0;
const uint kEpilogueGelu = 1;
const uint kEpilogueAdd = 2;  // the residual is added

struct ChannelNormParams {
    uint pixels;
    uint channels;
    uint vectors;  // vec4s from pixel to pixel, of all three
    uint groupsX;  // workgroups along x
    float epsilon;
};

SHADER_PARAMS_END

#endif
