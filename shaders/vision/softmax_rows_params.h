#ifndef SHADERS_VISION_SOFTMAX_ROWS_PARAMS_H
#define SHADERS_VISION_SOFTMAX_ROWS_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of softmax_rows.comp.
const uint kSoftmaxRowsInput = 0;
const uint kSoftmaxRowsOutput = 1;

struct SoftmaxRowsParams {
    uint rows;
    uint width;
    uint vectors;  // vec4s from row to row
    uint groupsX;  // workgroups along x
    float scale;
};

SHADER_PARAMS_END

#endif
