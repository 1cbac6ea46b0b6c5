#ifndef SHADERS_VISION_JOIN_SCALES_PARAMS_H
#define SHADERS_VISION_JOIN_SCALES_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of join_scales.comp.
const uint kJoinScalesFine = 0;
const uint kJoinScalesCoarse = 1;
const uint kJoinScalesOutput = 2;

struct JoinScalesParams {
    uint fineChannels;
    uint coarseChannels;
    uint width;  // pixels of the fine map, and of the output
    uint height;
    uint coarseWidth;  // pixels of the coarse map
    uint coarseHeight;
    uint fineStride;  // elements from pixel to pixel
    uint coarseStride;
    uint outputStride;
};

SHADER_PARAMS_END

#endif
