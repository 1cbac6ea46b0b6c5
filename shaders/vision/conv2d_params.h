#ifndef SHADERS_VISION_CONV2D_PARAMS_H
#define SHADERS_VISION_CONV2D_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of conv2d.comp and conv2d_texels.comp.
const uint kConv2dWeight = 0;
const uint kConv2dInput = 1;
const uint kConv2dOutput = 2;

// Specialization constants; 0 is the workgroup size in every shader.
const uint kConv2dKernel = 1;          // side of the window
const uint kConv2dRowsPerLane = 2;     // of conv2d_texels.comp: outputs …
const uint kConv2dPixelsPerGroup = 3;  // … for this many pixels

// A convolution, or with a window of one pixel a matrix product. Pixels are rows of channels, from
// the top left, x fastest.
struct Conv2dParams {
    uint channels;    // of the input, rounded up to whole chunks of the weight
    uint rowUnits;    // of 16 bytes, from weight row to weight row
    uint rowChunks;   // of a weight row
    uint firstRow;    // the outputs that are computed: rows of the weight …
    uint rows;        // … this many
    uint firstPixel;  // for pixels of the output from this one on …
    uint pixels;      // … this many
    uint inputWidth;  // pixels
    uint inputHeight;
    uint outputWidth;
    uint stride;       // pixels of the input from window to window
    uint padding;      // pixels of zeros before the first column, and before the first row
    uint inputStride;  // elements from pixel to pixel
    uint inputFirst;   // element of pixel 0
    uint outputStride;
    uint outputFirst;  // element of pixel 0, output 0
};

SHADER_PARAMS_END

#endif
