#ifndef SHADERS_VISION_AVERAGE_POOL_PARAMS_H
#define SHADERS_VISION_AVERAGE_POOL_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of average_pool.comp.
const uint kAveragePoolInput = 0;
const uint kAveragePoolOutput = 1;

struct AveragePoolParams {
    uint channels;
    uint window;      // side, and pixels of the input from window to window
    uint inputWidth;  // pixels
    uint outputWidth;
    uint inputStride;  // elements from pixel to pixel
    uint outputStride;
};

SHADER_PARAMS_END

#endif
