#ifndef SHADERS_VISION_DEPTHWISE_CONV2D_PARAMS_H
#define SHADERS_VISION_DEPTHWISE_CONV2D_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of depthwise_conv2d.comp.
const uint kDepthwiseConv2dWeight = 0;
const uint kDepthwiseConv2dInput = 1;
const uint kDepthwiseConv2dOutput = 2;

struct DepthwiseConv2dParams {
    uint vectors;     // channels / 4, rounded up
    uint kernel;      // side of the window
    uint inputWidth;  // pixels
    uint inputHeight;
    uint outputWidth;
    uint stride;         // pixels of the input from window to window
    uint padding;        // pixels of zeros before the first column, and before the first row
    uint weightVectors;  // vec4s from tap to tap
    uint inputVectors;   // vec4s from pixel to pixel
    uint outputStride;   // elements
};

SHADER_PARAMS_END

#endif
