#ifndef SHADERS_FUSED_LINEAR_LAUREL_PARAMS_H
#define SHADERS_FUSED_LINEAR_LAUREL_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of linear_laurel.comp.
const uint kLinearLaurelWeight = 0;
const uint kLinearLaurelInput = 1;
const uint kLinearLaurelProducts = 2;
const uint kLinearLaurelActive = 3;
const uint kLinearLaurelNormalized = 4;
const uint kLinearLaurelAttentionNorm = 5;
const uint kLinearLaurelLowRankNorm = 6;
const uint kLinearLaurelNextNorm = 7;
const uint kLinearLaurelOutput = 8;
const uint kLinearLaurelArrivals = 9;

struct LinearLaurelParams {
    LinearPart first;
    LinearPart second;
    uint attentionFirst;  // elements in the products: Wo · attended
    uint lowRankFirst;    // Lr · low_rank
    uint activeFirst;     // element of the active prediction
    uint width;
    uint firstGroupRows;  // outputs of a workgroup, as computeRows() has it
    uint secondGroupRows;
    uint groups;
    float epsilon;
};

SHADER_PARAMS_END

#endif
