#ifndef SHADERS_FUSED_SPARSE_GATE_PARAMS_H
#define SHADERS_FUSED_SPARSE_GATE_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of sparse_gate.comp.
const uint kSparseGateWeight = 0;
const uint kSparseGateInput = 1;
const uint kSparseGateOutput = 2;
const uint kSparseGateMoments = 3;  // two floats for each workgroup
const uint kSparseGateCutoff = 4;   // one float
const uint kSparseGateArrivals = 5;

struct SparseGateParams {
    LinearPart part;
    uint groups;
    float multiplier;  // of the standard deviation
};

SHADER_PARAMS_END

#endif
