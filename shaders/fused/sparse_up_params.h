#ifndef SHADERS_FUSED_SPARSE_UP_PARAMS_H
#define SHADERS_FUSED_SPARSE_UP_PARAMS_H

#include "shaders/fused/linear_part.h"

SHADER_PARAMS_BEGIN

// Bindings of sparse_up.comp.
const uint kSparseUpWeight = 0;
const uint kSparseUpInput = 1;
const uint kSparseUpGate = 2;
const uint kSparseUpCutoff = 3;
const uint kSparseUpOutput = 4;
const uint kSparseUpSurvivors = 5;
const uint kSparseUpTally = 6;

// Specialization constants; kPartRowsPerGroup are survivors that are taken at a time.
const uint kSparseUpBlocks = 2;  // of 32 neurons that a workgroup looks at, 1 to 4

struct SparseUpParams {
    LinearPart part;
    uint gateFirst;  // element, a multiple of 4
    // 16-byte units that are read of weights, here and by what multiplies the survivors …
    uint neuronUnits;  // … for each of them
    uint blockUnits;   // … for each 32 neurons of which one survives
};

// What was read, as words of a tensor: sums of all dispatches, low words first.
const uint kTallyUnits = 0;
const uint kTallyNeurons = 2;
const uint kTallyWords = 4;

SHADER_PARAMS_END

#endif
