#ifndef SHADERS_NORM_RMS_NORM_PARAMS_H
#define SHADERS_NORM_RMS_NORM_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of rms_norm.comp.
const uint kRmsNormInput = 0;
const uint kRmsNormWeight = 1;
const uint kRmsNormOutput = 2;

struct RmsNormParams {
    uint width;        // elements per row
    uint inputStride;  // elements
    uint inputFirst;   // element of row 0
    uint outputStride;
    uint outputFirst;
    float epsilon;  // added to the mean square before the root
};

SHADER_PARAMS_END

#endif
