#ifndef SHADERS_AUDIO_FRONT_CONV_PARAMS_H
#define SHADERS_AUDIO_FRONT_CONV_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of front_conv.comp.
const uint kFrontConvInput = 0;
const uint kFrontConvWeight = 1;
const uint kFrontConvOutput = 2;
const uint kFrontConvSums = 3;

struct FrontConvParams {
    uint inputFrames;  // frames from there on are zero
    uint inputStride;  // elements from frame to frame
    uint inputChannels;
    uint inputFrequencies;
    uint outputStride;
    uint outputChannels;
    uint outputFrequencies;
    uint kernelFrames;
    uint kernelFrequencies;
    uint strideFrames;
    uint strideFrequencies;
    uint paddingFrequencies;  // zeros before the first frequency
    uint elementsPerGroup;    // of an output frame, that one workgroup computes
};

SHADER_PARAMS_END

#endif
