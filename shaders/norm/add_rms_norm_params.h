#ifndef SHADERS_NORM_ADD_RMS_NORM_PARAMS_H
#define SHADERS_NORM_ADD_RMS_NORM_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of add_rms_norm.comp.
const uint kAddRmsNormInput = 0;
const uint kAddRmsNormWeight = 1;
const uint kAddRmsNormResidual = 2;
const uint kAddRmsNormOutput = 3;

struct AddRmsNormParams {
    uint width;   // elements per row
    uint stride;  // elements from row to row, of all three
    float epsilon;
};

SHADER_PARAMS_END

#endif
