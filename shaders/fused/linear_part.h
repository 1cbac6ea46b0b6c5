#ifndef SHADERS_FUSED_LINEAR_PART_H
#define SHADERS_FUSED_LINEAR_PART_H

#include "shaders/include/interop.h"

SHADER_PARAMS_BEGIN

// One of several products of a matrix and a row that share a dispatch. Their weights are of one
// type and lie in one binding, their inputs in another, their outputs in a third.
struct LinearPart {
    uint columns;      // elements of the input
    uint rows;         // outputs; 0 where there is no part
    uint rowUnits;     // of 16 bytes, from weight row to weight row
    uint rowChunks;    // of a whole weight row
    uint firstUnit;    // of the first weight row
    uint inputFirst;   // element
    uint outputFirst;  // element
};

// Specialization constant of what multiplies parts; 0 is the workgroup size in every shader.
const uint kPartRowsPerGroup = 1;  // outputs that one workgroup computes

SHADER_PARAMS_END

#endif
