#ifndef SHADERS_FUSED_LINEAR_GATED_PARAMS_H
#define SHADERS_FUSED_LINEAR_GATED_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of linear_gated.comp.
const uint kGatedWeight = 0;
const uint kGatedInput = 1;
const uint kGatedFactor = 2;  // where the factor is a row; otherwise not read
const uint kGatedOutput = 3;

// Specialization constant: whether the factor is a product too, not a row.
const uint kGatedMultipliesUp = 2;

struct LinearGatedParams {
    LinearPart gate;
    LinearPart up;     // of as many rows; none where the factor is a row
    uint factorFirst;  // element of that row
};

SHADER_PARAMS_END

#endif
