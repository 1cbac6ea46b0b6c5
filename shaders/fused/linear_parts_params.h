#ifndef SHADERS_FUSED_LINEAR_PARTS_PARAMS_H
#define SHADERS_FUSED_LINEAR_PARTS_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of linear_parts.comp.
const uint kPartsWeight = 0;
const uint kPartsInput = 1;
const uint kPartsOutput = 2;

struct LinearPartsParams {
    LinearPart first;
    LinearPart second;
    LinearPart third;
    LinearPart fourth;
};

SHADER_PARAMS_END

#endif
