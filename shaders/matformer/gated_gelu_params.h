#ifndef SHADERS_MATFORMER_GATED_GELU_PARAMS_H
#define SHADERS_MATFORMER_GATED_GELU_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of gated_gelu.comp.
const uint kGatedGeluGate = 0;
const uint kGatedGeluUp = 1;
const uint kGatedGeluOutput = 2;

// Specialization constants.
const uint kGatedGeluIsSparse = 1;  // 1: the gate goes through the gaussian top-k first

struct GatedGeluParams {
    uint width;
    uint gateStride;  // elements
    uint upStride;
    uint upFirst;  // element of row 0
    uint outputStride;
    float multiplier;  // of the standard deviation, where sparse
};

SHADER_PARAMS_END

#endif
