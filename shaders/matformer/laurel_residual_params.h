#ifndef SHADERS_MATFORMER_LAUREL_RESIDUAL_PARAMS_H
#define SHADERS_MATFORMER_LAUREL_RESIDUAL_PARAMS_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// Bindings of laurel_residual.comp.
const uint kLaurelActive = 0;
const uint kLaurelNormalized = 1;
const uint kLaurelAttention = 2;
const uint kLaurelLowRank = 3;
const uint kLaurelAttentionNorm = 4;
const uint kLaurelLowRankNorm = 5;
const uint kLaurelOutput = 6;

struct LaurelResidualParams {
    uint width;
    uint stride;       // elements from row to row, of all
    uint activeFirst;  // element of row 0 of the active prediction
    float epsilon;
};

SHADER_PARAMS_END

#endif
